"""The compiled lane against the plain path: two gateways that must answer byte for byte the same.

In the suite: ``pytest tests/lane -n 0``. The long run, the same for the same seed::

    python -m tests.lane --queries 5000 --seed 1     # ten minutes; ends with 1 where anything differs
    python -m tests.lane --episode 1000017           # one episode again, as a difference names it

An episode (`episodes`) is a world of odd calls (`records`), two gateways over it (`sides`), and steps that are done to
both: questions (`documents`, `questions`) and moves of the world (`moves`). Each question is asked several times, since
what is kept of a first answer shows in the second. Whatever differs in status, headers, body or in what upstream was
asked for is a difference, which `minimise` makes small. How many operations were compiled as a whole is told beside.

What may differ by rights is kept out: nothing is refreshed beside a question, and questions with several roots are
asked of a world that has settled (`sides.Pair.settle`), so that no answer depends on which of two reads came first.
"""
