"""Vapi over httpx: the client, its pacing, and walking history without a cursor."""
