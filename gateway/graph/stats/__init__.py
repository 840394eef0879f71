"""Questions about many calls at once: groups of calls, and what is measured of them."""
