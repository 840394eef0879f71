// Calls in memory, newest first, and the resolvers that answer from them: the same for every server.

import { readFileSync } from "node:fs";

const [schemaFile, callsFile] = process.argv.slice(2);
const CHANGES_PER_SECOND = 2;
const PAGE = 100;

export const sdl = readFileSync(schemaFile, "utf8");

const calls = JSON.parse(readFileSync(callsFile, "utf8"));
const places = new Map(calls.map((call, place) => [call.id, place]));
const fetched = Date.now();
const fetchedAt = new Date(fetched).toISOString();

export const resolvers = {
  Query: {
    call: (_, { id }) => calls[places.get(id)] ?? null,
    calls: (_, { first }) => {
      const nodes = calls.slice(0, first ?? 20);
      const pageInfo = {
        hasNextPage: nodes.length < calls.length,
        hasPreviousPage: false,
        startCursor: nodes[0]?.id ?? null,
        endCursor: nodes.at(-1)?.id ?? null,
      };
      return { nodes, pageInfo, totalCount: calls.length };
    },
  },
  Call: {
    freshness: () => ({ fetchedAt, ageMs: Date.now() - fetched, state: "FRESH", source: "CACHE" }),
  },
};

let timer = null;
let number = 0;

// Replaces one record of the page after the other, from one signal to the next.
process.on("SIGUSR2", () => {
  if (timer) {
    clearInterval(timer);
    timer = null;
  } else {
    change();
    timer = setInterval(change, 1000 / CHANGES_PER_SECOND);
  }
});

function change() {
  const place = 1 + (number % (Math.min(PAGE, calls.length) - 1));
  calls[place] = { ...calls[place], name: `changed ${number}`, updatedAt: new Date().toISOString() };
  number += 1;
}

export function listens(port) {
  console.log(`Listening on http://127.0.0.1:${port}/graphql`);
}
