"""GraphQL: types that follow from the catalog, the queries over them, and what goes wrong, in Strawberry."""
