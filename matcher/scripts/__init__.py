"""From any script to a-z: one module a script, its tables in resources/."""
