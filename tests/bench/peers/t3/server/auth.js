import { PrismaAdapter } from "@auth/prisma-adapter";
import { getServerSession } from "next-auth";
import { db } from "./db.js";

export const authOptions = {
  adapter: PrismaAdapter(db),
  session: { strategy: "database" },
  providers: [],
  callbacks: {
    session: ({ session, user }) => ({ ...session, user: { ...session.user, id: user.id } }),
  },
};

export const auth = () => getServerSession(authOptions);
