"""Names, invented: from many languages, some longer than the 40 characters that a native customer may have."""

from __future__ import annotations

FIRST = (
    "Ada", "Amara", "Björn", "Chloé", "Dmitri", "Elif", "Farah", "Grace", "Hana", "Ines", "Jürgen", "Kofi",
    "Łukasz", "Mei", "Noor", "Oluwaseun", "Priya", "Quentin", "Rosa", "Søren", "Tomás", "Uma", "Valentina",
    "Wanjiru", "Xiomara", "Yusuf", "Zoë",
)  # fmt: skip
LAST = (
    "Abara", "Bianchi", "Castellanos", "Dąbrowski", "Eriksson", "Fontaine", "García", "Haddad", "Iwasaki",
    "Jensen", "Kowalczyk", "Lindqvist", "Mbeki", "Nakamura", "O'Neill", "Petrov", "Quispe", "Rossi", "Şahin",
    "Thiel", "Underwood", "Vargas", "Whitfield", "Xu", "Yılmaz", "Zhang",
)  # fmt: skip
LONG_LAST = "von Hohenberg-Castellanos y Fernández de la Vega"
