"""A Vapi that runs in this process or beside it: it knows the wire and shares no code with the gateway."""
