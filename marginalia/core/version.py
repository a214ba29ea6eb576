"""The version of Marginalia."""

VERSION = "0.2.0"
