"""What a run is asked to do: config.json, the numbers of the heads, and the name of a run's folder."""
