"""The margin function (pure, see `margin`) and the heads that train with it (see `angle_linear`)."""
