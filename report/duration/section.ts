import { listOf, paragraph, type Section, table } from "../document";
import { type Duration, times } from "./duration";

export const minutes = (seconds: number): string =>
  seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;

export const durationSummary = ({ seconds }: Duration): string =>
  `The first update takes at least ${minutes(seconds)}, by what others measured; charts and what has no measure come on top.`;

export function durationSection(duration: Duration): Section {
  return {
    id: "duration",
    title: "Duration",
    blocks: [
      paragraph(durationSummary(duration)),
      table(
        "Critical path: what has to happen one after another",
        ["What", "Name", "Takes", "Measured"],
        [2],
        duration.criticalPath.map(({ type, name, seconds }) => [
          ...[type, name, minutes(seconds)],
          `${times[type]?.measured ?? ""}: ${times[type]?.sources.join(", ") ?? ""}`,
        ]),
      ),
      paragraph("Types without a measure, which count as nothing:"),
      listOf(
        [duration.unmeasured.join(", ")].filter((text) => text !== ""),
        "None.",
      ),
    ],
  };
}
