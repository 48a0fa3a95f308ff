"""Back up a home, restore it, and begin again after a restore."""
