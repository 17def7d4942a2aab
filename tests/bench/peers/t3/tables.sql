-- What `schema.prisma` describes; Prisma's own way to make them needs an engine to download.
CREATE TABLE "User" (
    id text PRIMARY KEY, name text, email text UNIQUE, "emailVerified" timestamp(3), image text
);
CREATE TABLE "Account" (
    id text PRIMARY KEY, "userId" text NOT NULL REFERENCES "User", type text NOT NULL,
    provider text NOT NULL, "providerAccountId" text NOT NULL,
    UNIQUE (provider, "providerAccountId")
);
CREATE TABLE "Session" (
    id text PRIMARY KEY, "sessionToken" text NOT NULL UNIQUE,
    "userId" text NOT NULL REFERENCES "User", expires timestamp(3) NOT NULL
);
CREATE TABLE "Credits" (
    "userId" text PRIMARY KEY REFERENCES "User", posted integer NOT NULL, held integer NOT NULL,
    seq integer NOT NULL
);
INSERT INTO "User" (id, name) VALUES ('member', 'Member 1');
INSERT INTO "Credits" ("userId", posted, held, seq) VALUES ('member', 1000, 0, 1);
INSERT INTO "Session" (id, "sessionToken", "userId", expires)
    VALUES ('session', 'token-of-a-member', 'member', now() + interval '30 days');
