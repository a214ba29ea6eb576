"""The margin function (pure, see `margin`), the heads (see `table`) and their numbers (see `specs`)."""
