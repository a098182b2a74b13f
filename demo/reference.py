"""What the pharmacy and its partner both know: drugs, payers, claims filed before."""

from decimal import Decimal
from typing import NamedTuple


class Drug(NamedTuple):
    """A package as it is priced; codes are invented in the usual 5-4-2 form."""

    code: str
    name: str
    unit_price: Decimal
    usual_quantity: int
    usual_days: int


DRUGS = (
    Drug("00172-5728-60", "Metformin 500 mg tablet", Decimal("0.14"), 60, 30),
    Drug("00228-2127-10", "Atorvastatin 20 mg tablet", Decimal("0.31"), 30, 30),
    Drug("00378-1805-01", "Levothyroxine 50 mcg tablet", Decimal("0.22"), 90, 90),
    Drug("00591-0405-10", "Lisinopril 10 mg tablet", Decimal("0.11"), 90, 90),
    Drug("00603-3881-21", "Amlodipine 5 mg tablet", Decimal("0.09"), 30, 30),
    Drug("00781-1506-10", "Atenolol 50 mg tablet", Decimal("0.13"), 30, 30),
    Drug("00904-5794-61", "Omeprazole 20 mg capsule", Decimal("0.27"), 28, 28),
    Drug("16714-0298-02", "Sertraline 50 mg tablet", Decimal("0.18"), 30, 30),
    Drug("31722-0533-90", "Losartan 50 mg tablet", Decimal("0.16"), 90, 90),
    Drug("43547-0280-11", "Gabapentin 300 mg capsule", Decimal("0.12"), 90, 30),
    Drug("49884-0701-55", "Salbutamol 100 mcg inhaler", Decimal("6.85"), 2, 30),
    Drug("50111-0788-66", "Azithromycin 250 mg tablet", Decimal("1.40"), 6, 5),
    Drug("55111-0682-05", "Cetirizine 10 mg tablet", Decimal("0.08"), 30, 30),
    Drug("57237-0045-05", "Amoxicillin 500 mg capsule", Decimal("0.19"), 21, 7),
    Drug("60505-2579-08", "Rosuvastatin 10 mg tablet", Decimal("0.42"), 30, 30),
    Drug("62756-0142-02", "Insulin glargine 100 U/ml pen", Decimal("18.90"), 5, 25),
    Drug("64679-0923-02", "Clopidogrel 75 mg tablet", Decimal("0.36"), 28, 28),
    Drug("65862-0201-30", "Montelukast 10 mg tablet", Decimal("0.29"), 30, 30),
    Drug("67877-0222-05", "Ibuprofen 400 mg tablet", Decimal("0.06"), 40, 10),
    Drug("68180-0981-03", "Prednisolone 5 mg tablet", Decimal("0.17"), 20, 10),
)
DRUG_CODES = frozenset(drug.code for drug in DRUGS)

PAYERS = (402, 411, 418, 425, 433)
PAYER_WITHOUT_CONTRACT = 417

FILED_IN_FEBRUARY = tuple(f"RX-{number}" for number in range(85_700, 88_120))
