import { PrismaPg } from "@prisma/adapter-pg";
import { PrismaClient } from "@prisma/client";

const adapter = new PrismaPg({ connectionString: process.env.DATABASE_URL, max: 30 });
export const db = globalThis.prisma ?? new PrismaClient({ adapter });
globalThis.prisma = db;
