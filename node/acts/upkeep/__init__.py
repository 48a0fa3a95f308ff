"""What is forgotten on time, and what a start tidies up after a kill."""
