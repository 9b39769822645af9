/**
 * Returns a function that parses a stream of server-sent events piece by piece: given the next piece of
 * text it returns the data of the events that are complete, parsed as JSON. Comments are skipped.
 */
export function eventParser() {
  let rest = "";
  return (text) => {
    const events = (rest + text).split("\n\n");
    rest = events.pop();
    return events
      .map(dataOf)
      .filter(Boolean)
      .map((data) => JSON.parse(data));
  };
}

function dataOf(event) {
  const lines = event.split("\n").filter((line) => line.startsWith("data: "));
  return lines.map((line) => line.slice("data: ".length)).join("\n");
}
