"""OData v4, read-only: the flat tables as entity sets. What a request asks, and how it is answered; no HTTP in here."""
