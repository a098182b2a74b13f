"""Tables that may be exported, by name. Apps above register theirs; this app knows none of them."""

from dataclasses import dataclass

from apps.accounts.models import Role, User
from apps.core.errors import Forbidden, Missing
from apps.jobs.exports.columns import Column


class DatasetNotFound(Missing):
    """There is no such data set; GET /export/datasets lists them."""

    code = "source_not_found"


@dataclass(frozen=True)
class Dataset:
    """A table of the business, as files show it."""

    name: str
    title: str
    description: str
    # Our own constant SQL: what follows FROM, and what no two rows have in common.
    relation: str
    key: str
    columns: tuple[Column, ...]
    role: Role = Role.VIEWER
    # What an API key with scopes must be allowed to read.
    scope: str = "desk"


_datasets: dict[str, Dataset] = {}


def register_dataset(dataset: Dataset) -> None:
    """Let the table be exported."""
    _datasets[dataset.name] = dataset


def datasets_for(user: User) -> list[Dataset]:
    """Return what the user may export, by name."""
    found = (dataset for dataset in _datasets.values() if user.may_act_as(dataset.role))
    return sorted(found, key=lambda dataset: dataset.name)


def find_dataset(name: str, user: User) -> Dataset:
    """
    Return the data set of this name.

    :raises DatasetNotFound: if there is none
    :raises Forbidden: if the user's role may not read it
    """
    dataset = _datasets.get(name)
    if dataset is None:
        raise DatasetNotFound
    if not user.may_act_as(dataset.role):
        raise Forbidden
    return dataset
