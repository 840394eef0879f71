// Mercurius under fastify, with graphql-jit from the second execution of a document on.

import Fastify from "fastify";
import mercurius from "mercurius";

import { listens, resolvers, sdl } from "./records.js";

const app = Fastify();
app.register(mercurius, { schema: sdl, resolvers, jit: 1 });
await app.listen({ port: 0, host: "127.0.0.1" });
listens(app.server.address().port);
