import { initTRPC, TRPCError } from "@trpc/server";
import superjson from "superjson";
import { auth } from "./auth.js";
import { db } from "./db.js";

export const createContext = async () => ({ db, session: await auth() });

const t = initTRPC.create({ transformer: superjson });
const protectedProcedure = t.procedure.use(({ ctx, next }) => {
  if (!ctx.session?.user) throw new TRPCError({ code: "UNAUTHORIZED" });
  return next({ ctx });
});

export const appRouter = t.router({
  getBalance: protectedProcedure.query(async ({ ctx }) => {
    const found = await ctx.db.credits.findUnique({ where: { userId: ctx.session.user.id } });
    const { posted, held, seq } = found;
    return { posted, held, available: posted - held, seq };
  }),
});
export const createCaller = t.createCallerFactory(appRouter);
