"""Which call of AWS makes each type of resource, and what its parameters are called where the provider calls them otherwise."""

from call import Call
from data import data
from ground import ground
from watch import watch
from work import work

calls: dict[str, Call] = ground | data | work | watch

# What the provider alone reads: how it deletes and updates.
provider_only = {
    *(
        "forceDestroy",
        "forceDelete",
        "recoveryWindowInDays",
        "skipFinalSnapshot",
        "finalSnapshotIdentifier",
        "deleteAutomatedBackups",
        "deletionWindowInDays",
    ),
    *(
        "updateDefaultVersion",
        "overrideProvider",
        "resolveConflictsOnUpdate",
        "preserve",
        "skipDestroy",
        "bypassPolicyLockoutSafetyCheck",
    ),
}
