"""What OData asks and is answered."""
