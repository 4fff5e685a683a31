"""Whether a rule of EventBridge takes events, as moto decides it. Reads {"pattern", "events"} from stdin and writes one truth for each."""

import json
import sys

from moto.events.models import EventPattern

asked = json.load(sys.stdin)
pattern = EventPattern.load(json.dumps(asked["pattern"]))
json.dump([pattern.matches_event(event) for event in asked["events"]], sys.stdout)
