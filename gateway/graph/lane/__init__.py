"""The compiled lane: answers at a cost that the number of fields hardly moves. See docs/compiled.md.

==================================  ====================================================================================
what                                what becomes of it
==================================  ====================================================================================
pure fields of an object            `projections`: one function for all of them, compiled once for each selection of a
                                    document, each set of scopes, and each value of the variables in ``@skip`` and
                                    ``@include``
calls whose fields are all pure     `fragments`: encoded once for each reading of a call, and kept; ``freshness`` is put
                                    in each time
all other fields                    `executor`: Strawberry's, which is handed what is left
operations with one field of the    `shapes`: compiled once for each document, as above; `operations`: variables bound,
query and nothing but pure fields   resolved, projected and encoded without the executor
below it
==================================  ====================================================================================

Never compiled: fields with resolvers (relations, a customer's calls and profile, totals, presigned addresses), fields
with arguments, and introspection. Nothing is decided here of what may be seen, asked or spent: that is decided where
the plain path has it decided, and compiled. What both answer is compared, byte by byte, in tests/lane.
"""
