"""The use cases: what the gateway does for whoever asks."""
