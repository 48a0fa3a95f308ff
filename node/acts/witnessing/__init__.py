"""The log among nodes: checkpoints made, vouched for, compared; the log checked, exported, reconciled, begun anew."""
