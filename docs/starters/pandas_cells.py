# Cells for pandas. Executed by the tests (tests/docs/test_starters.py).
# %% Where the gateway is, and a key with calls:read, customers:read and export (docs/bi.md)
import os

import pandas as pd

GATEWAY = os.environ["GATEWAY_URL"]
KEY = {"Authorization": f"Bearer {os.environ['GATEWAY_KEY']}"}


def table(name: str, columns: str) -> pd.DataFrame:
    """A table of the gateway; pandas sends what is in ``storage_options`` as headers."""
    return pd.read_csv(f"{GATEWAY}/export/{name}.csv?columns={columns}", storage_options=KEY)


# %% What calls cost, day by day in Berlin
calls = table("calls", "id,created_at,customer_key,cost,duration_seconds")
calls["day"] = pd.to_datetime(calls["created_at"]).dt.tz_convert("Europe/Berlin").dt.date
by_day = calls.groupby("day").agg(calls=("id", "count"), cost=("cost", "sum"), median=("duration_seconds", "median"))

# %% The customers who cost most: customer_key joins calls and customers
customers = table("customers", "customer_key,customer_call_count,customer_total_cost")
dearest = customers.nlargest(20, "customer_total_cost")
recent = calls.merge(dearest, on="customer_key").groupby("customer_key")["created_at"].max()

# %% What of it went where: call_id joins costs and calls
costs = table("costs", "call_id,type,provider,cost")
by_part = costs.merge(calls[["id", "day"]], left_on="call_id", right_on="id").groupby(["type", "day"])["cost"].sum()
