export default { poweredByHeader: false, serverExternalPackages: ["@prisma/client", "pg"] };
