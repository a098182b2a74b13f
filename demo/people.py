"""Names as they stand in a claims sheet: several languages, drawn together by chance."""

FIRST_NAMES = (
    "Aisha", "Ana", "Anders", "Bjørn", "Camille", "Chinedu", "Daniela", "Dilan", "Élodie", "Emeka",
    "Eszter", "Fatima", "Grace", "Hana", "Hüseyin", "Ines", "Jakub", "James", "João", "Kateřina",
    "Keiko", "Lars", "Linh", "Łukasz", "Marta", "Mehmet", "Nguyễn", "Nikolai", "Olga", "Omar",
    "Paweł", "Priya", "Ravi", "Rosa", "Søren", "Thomas", "Wei", "Yusuf", "Zoë", "Zsófia",
)  # fmt: skip
LAST_NAMES = (
    "Adeyemi", "Andersson", "Björk", "Çelik", "Dąbrowski", "Dubois", "Fernández", "García",
    "Haddad", "Horvath", "Ivanova", "Jansen", "Johnson", "Kaya", "Kim", "Kovács", "Lefèvre",
    "Lindqvist", "Müller", "Nakamura", "Novák", "O'Brien", "Okafor", "Øvergaard", "Patel",
    "Pereira", "Rossi", "Schmidt", "Silva", "Singh", "Smith", "Svoboda", "Tanaka", "Trần",
    "van den Berg", "Wójcik", "Yılmaz", "Zhang", "Đặng", "Żak",  # noqa: RUF001 - a Turkish letter, meant
)  # fmt: skip
NOTES = (
    "Refill", "New prescription", "Patient will collect on Friday", "Delivered to the nursing home",
    "Generic substituted", "+44 call the surgery back before filing", "Emergency supply",
    "Label in large print", "Überweisung Dr. Groß, siehe Fax", "Patient asked for syrup \N{PILL}",
    "- see paper form -", "Split pack; rest owed",
)  # fmt: skip
