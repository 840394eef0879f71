# Cells for polars. Executed by the tests (tests/docs/test_starters.py).
# %% Where the gateway is, and a key with calls:read, customers:read and export (docs/bi.md)
import io
import os
import urllib.request

import polars as pl

GATEWAY = os.environ["GATEWAY_URL"]
KEY = {"Authorization": f"Bearer {os.environ['GATEWAY_KEY']}"}


def table(name: str, columns: str) -> pl.DataFrame:
    """A table of the gateway as Parquet. Polars sends no header of its own, so the file is fetched first."""
    asked = urllib.request.Request(f"{GATEWAY}/export/{name}.parquet?columns={columns}", headers=KEY)
    with urllib.request.urlopen(asked) as answer:
        return pl.read_parquet(io.BytesIO(answer.read()))


# %% What calls cost, day by day in Berlin
calls = table("calls", "id,created_at,customer_key,cost,duration_seconds")
by_day = (
    calls.group_by(pl.col("created_at").dt.convert_time_zone("Europe/Berlin").dt.date().alias("day"))
    .agg(pl.len().alias("calls"), pl.col("cost").sum(), pl.col("duration_seconds").quantile(0.95).alias("p95"))
    .sort("day")
)

# %% The customers who cost most: customer_key joins calls and customers
customers = table("customers", "customer_key,customer_call_count,customer_total_cost")
dearest = customers.top_k(20, by="customer_total_cost").join(calls, on="customer_key")

# %% On one's own machine, where nobody is asked for a key, only the columns that are needed come over the line:
# pl.scan_parquet(f"{GATEWAY}/export/calls.parquet").select(pl.col("cost").sum()).collect()
