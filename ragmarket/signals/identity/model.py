"""The linkage model: what is compared, at which levels, and how its weights are learnt without labels.

Fellegi and Sunter (1969), "A Theory for Record Linkage": a level's match weight is log2(m / u), m its share among pairs
of one person, u among pairs of two. u comes from random pairs, m from expectation maximisation within blocks, rare
values count more than common ones (Winkler's adjustment); all of it is splink's. Settings name no database: the same
ones run on DuckDB and on Spark.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ragmarket.errors import InvalidInput, MissingDependency

if TYPE_CHECKING:
    from splink import Linker, SettingsCreator

COMPARISONS = ("name", "birth_date", "gender", "pan", "phone", "email", "address")
# What each level says, from the best down; their number and order are those of the settings below.
LEVELS: dict[str, tuple[str, ...]] = {
    "name": (
        "the same name", "names that sound the same", "one name holds all parts of the other",
        "names that differ in a letter or two", "initials and a shared part agree",
        "a single name that is part of the other", "one part is shared and the rest looks alike",
        "one part of the name is shared", "different names",
    ),
    "birth_date": (
        "the same date of birth", "day and month exchanged", "dates of birth one digit apart",
        "the same year, one of the two a 1 January as forms fill in", "the same year of birth",
        "different dates of birth",
    ),
    "gender": ("the same gender", "different genders"),
    "pan": ("the same PAN", "PANs one character apart", "different PANs"),
    "phone": ("the same phone number", "phone numbers one digit apart", "different phone numbers"),
    "email": (
        "the same e-mail address", "the same mailbox name elsewhere", "nearly the same e-mail address",
        "different e-mail addresses",
    ),
    "address": (
        "the same house in the same PIN code", "three or more places shared in the same PIN code",
        "three or more places shared", "a place shared in the same PIN code", "the same PIN code",
        "two places shared", "different addresses",
    ),
}  # fmt: skip
_SQL = "duckdb"
_SAME_YEAR = "substr(birth_date_l, 1, 4) = substr(birth_date_r, 1, 4)"
_SWAPPED = (
    "birth_date_l = concat(substr(birth_date_r, 1, 5), substr(birth_date_r, 9, 2), '-', substr(birth_date_r, 6, 2))"
)


def _comparisons() -> list[Any]:
    from splink import comparison_level_library as levels
    from splink import comparison_library as comparisons

    def made(name: str, *rows: Any, missing: str | None = None) -> Any:
        null = levels.CustomLevel(missing, base_dialect_str=_SQL).configure(is_null_level=True) if missing else None
        first = null if null is not None else levels.NullLevel(name)
        return comparisons.CustomComparison([first, *rows, levels.ElseLevel()], output_column_name=name)

    def rule(sql: str) -> Any:
        return levels.CustomLevel(sql, base_dialect_str=_SQL)

    shared = levels.ArrayIntersectLevel
    same_pin = rule("pin_l = pin_r")
    return [
        made(
            "name",
            levels.ExactMatchLevel("name").configure(tf_adjustment_column="name"),
            levels.ExactMatchLevel("name_sound").configure(tf_adjustment_column="name_sound"),
            levels.And(shared("name_keys", 2), levels.ArraySubsetLevel("name_keys")),
            levels.JaroWinklerLevel("name", 0.94),
            levels.And(
                shared("name_keys", 1), levels.ArraySubsetLevel("initials"), rule("abbreviated_l or abbreviated_r")
            ),
            levels.ArraySubsetLevel("name_keys"),
            levels.And(shared("name_keys", 1), levels.JaroWinklerLevel("name", 0.86)),
            shared("name_keys", 1),
            missing="name_keys_l is null or name_keys_r is null",
        ),
        made(
            "birth_date",
            levels.ExactMatchLevel("birth_date").configure(tf_adjustment_column="birth_date"),
            rule(_SWAPPED),
            levels.DamerauLevenshteinLevel("birth_date", 1),
            rule(f"{_SAME_YEAR} and (birth_date_l like '%-01-01' or birth_date_r like '%-01-01')"),
            rule(_SAME_YEAR),
        ),
        made("gender", levels.ExactMatchLevel("gender")),
        made("pan", levels.ExactMatchLevel("pan"), levels.DamerauLevenshteinLevel("pan", 1)),
        made(
            "phone",
            levels.ExactMatchLevel("phone").configure(tf_adjustment_column="phone"),
            levels.DamerauLevenshteinLevel("phone", 1),
        ),
        made(
            "email",
            levels.ExactMatchLevel("email").configure(tf_adjustment_column="email"),
            levels.ExactMatchLevel("email_box"),
            levels.JaroWinklerLevel("email", 0.95),
        ),
        made(
            "address",
            levels.And(rule("house_l = house_r"), same_pin, shared("places", 1)),
            levels.And(same_pin, shared("places", 3)),
            shared("places", 3),
            levels.And(same_pin, shared("places", 1)),
            same_pin,
            shared("places", 2),
            missing="(places_l is null or places_r is null) and (pin_l is null or pin_r is null)",
        ),
    ]


def settings() -> SettingsCreator:
    """The model's settings, for whichever database; one comparison per entry of `COMPARISONS`.

    Raises:
        MissingDependency: splink is not installed.
    """
    try:
        from splink import SettingsCreator, block_on
    except ImportError as error:
        raise MissingDependency("splink", "signals") from error
    return SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="record_id",
        comparisons=_comparisons(),
        blocking_rules_to_generate_predictions=[
            block_on("pan"),
            block_on("phone"),
            block_on("email"),
            block_on("birth_date", "name_keys", arrays_to_explode=["name_keys"]),
            block_on("birth_date", "pin"),
            block_on("name_sound", "pin"),
            block_on("name_sound", "birth_year"),
            block_on("house", "pin", "name_keys", arrays_to_explode=["name_keys"]),
            block_on("name_sound", "places", arrays_to_explode=["places"]),
        ],
        retain_matching_columns=True,
        retain_intermediate_calculation_columns=True,
        additional_columns_to_retain=["source"],
        max_iterations=15,
    )


def carried(trained: dict[str, Any], dialect: str) -> dict[str, Any]:
    """A trained model for another database: what was learnt, on levels written in the other's SQL.

    Args:
        trained: splink's JSON of a model with these settings.
        dialect: ``duckdb`` or ``spark``.

    Raises:
        InvalidInput: The model compares other fields, or at other levels.
    """
    if trained.get("sql_dialect") == dialect:
        return trained
    made: dict[str, Any] = settings().create_settings_dict(dialect)
    if _shape(made) != _shape(trained):
        hint = "Learn it again: `ragmarket signals link --learn`."
        raise InvalidInput("the model that was kept compares other fields, or at other levels", hint=hint)
    made["probability_two_random_records_match"] = trained["probability_two_random_records_match"]
    for own, other in zip(made["comparisons"], trained["comparisons"], strict=True):
        for level, known in zip(own["comparison_levels"], other["comparison_levels"], strict=True):
            level |= {name: known[name] for name in ("m_probability", "u_probability") if name in known}
    return made


def _shape(made: dict[str, Any]) -> list[tuple[str, int]]:
    return [(one["output_column_name"], len(one["comparison_levels"])) for one in made["comparisons"]]


def train(linker: Linker, *, seed: int = 7, max_pairs: float = 3e6) -> None:
    """Learn the weights from the records themselves; no label is used.

    Args:
        linker: Holds the records and the settings.
        seed: Of the random pairs that u is counted on.
        max_pairs: How many.
    """
    from splink import block_on

    sure: list[Any] = [
        block_on("pan"),
        block_on("phone", "name"),
        block_on("email", "name"),
        block_on("birth_date", "name", "pin"),
    ]
    linker.training.estimate_probability_two_random_records_match(sure, recall=0.8)
    linker.training.estimate_u_using_random_sampling(max_pairs=max_pairs, seed=seed)
    # Two blocks between them leave no comparison unlearnt: each comparison that blocks in one is free in another.
    for block in (block_on("phone"), block_on("name", "birth_date"), block_on("email")):
        linker.training.estimate_parameters_using_expectation_maximisation(block)
