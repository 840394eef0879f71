"""Metadata as applications write it: the same facts about a customer under many spellings, and things beside them."""

from __future__ import annotations

from typing import Any

from gateway.simulator.chance import draw, happens, one_of, weighted, whole
from gateway.simulator.customers import Customer, JsonObject

# The spellings seen in public webhook handlers and support threads.
SPELLINGS = (
    (("customerId", "customerName", "email"), 52),
    (("customer_id", "customer_name", "customer_email"), 10),
    (("userId", "name", "email"), 12),
    (("user_id", "full_name", "user_email"), 10),
    (("patient_id", "patient_name", "email"), 6),
    (("lead_id", "name", "email"), 6),
    (("externalId", "userName", "userEmail"), 4),
)

FAKE_JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJmYWtlLXNpbXVsYXRlZCJ9.ZmFrZS1zaWduYXR1cmUtbm90LWEtc2VjcmV0"


def flat(key: int, customer: Customer) -> JsonObject:
    """{"customerId": …, "customerName": …, "email": …, "plan": …}, in one of the spellings."""
    identifier, name, email = weighted(key, "spelling", SPELLINGS)
    facts: JsonObject = {identifier: customer.id, name: customer.name}
    if customer.email:
        facts[email] = customer.email
    if happens(key, "with plan", 75):
        facts["plan"] = _plan(key, customer)
    return facts | _beside(key)


def nested(key: int, customer: Customer) -> JsonObject:
    """A profile two levels down, beside a token: the shape of a real application."""
    user: JsonObject = {
        "_id": customer.id,
        "username": customer.name,
        "email": customer.email,
        "plan": customer.plan,
        "picture": "https://cdn.example.invalid/avatar.jpg",
        "notifications": [],
        "character": {"age": 0, "alias": "", "powers": []},
    }
    return {"token": f"{FAKE_JWT}{key % 1000}", "data": {"user": user}}


def variables(key: int, customer: Customer) -> JsonObject:
    """Variable values that name the customer: what the prompt needs, so the name more often than the id."""
    values: JsonObject = {"name": customer.name, "language": one_of(key, "language", ("en", "es"))}
    if happens(key, "variable id", 70):
        values["customerId"] = customer.id
    if customer.email and happens(key, "variable e-mail", 50):
        values["email"] = customer.email
    return values


def bare(customer: Customer) -> str:
    """Metadata that is no object at all (support thread 27086216)."""
    return f"user {customer.id}"


def sip_headers(key: int) -> JsonObject:
    """What Vapi fills in from the ``X-`` headers of a SIP call: chosen by whoever dials."""
    return {
        "cid": f"fake-sbc-{key % 10_000}@192.0.2.7",
        "account-sid": "ACfake0000000000000000000000000000",
        "forwarded-for": "192.0.2.1",
        "twilio-accountsid": "ACfake0000000000000000000000000000",
        "x-example-call-token": "fake-correlation-token",
        "originating-carrier": "Twilio",
    }


def _plan(key: int, customer: Customer) -> Any:
    """Nearly always the customer's plan; now and then something that no enum expects."""
    return one_of(key, "odd", (None, 3, ["pro"])) if happens(key, "odd plan", 2) else customer.plan


def _beside(key: int) -> JsonObject:
    """Keys of the application that say nothing about who called."""
    beside: JsonObject = {}
    if happens(key, "source", 40):
        beside["source"] = one_of(key, "source name", ("web-widget", "dashboard", "mobile", "landing-page"))
    if happens(key, "order", 25):
        beside["orderId"] = whole(key, "order number", 10_000, 99_999)
    if happens(key, "tags", 15):
        beside["tags"] = ["returning", one_of(key, "tag", ("vip", "beta", "öffentlich"))]
    if happens(key, "token", 6):
        beside["accessToken"] = f"{FAKE_JWT}{draw(key, 'token') % 1000}"
    return beside
