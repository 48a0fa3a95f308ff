"""What looks like probing, and the alarms it raises."""
