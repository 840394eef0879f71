// Apollo Server, standalone: on Node's own HTTP server.

import { ApolloServer } from "@apollo/server";
import { startStandaloneServer } from "@apollo/server/standalone";

import { listens, resolvers, sdl } from "./records.js";

const server = new ApolloServer({ typeDefs: sdl, resolvers });
const { url } = await startStandaloneServer(server, { listen: { port: 0, host: "127.0.0.1" } });
listens(new URL(url).port);
