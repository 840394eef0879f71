"""The gateway over HTTP, in Starlette."""
