"""Many runs from one small file: on the cores of this machine or on a Ray cluster, and what they say together."""
