"""Pictures of a run. Nothing here imports torch; everything is drawn from a `record.snapshot.Run`."""
