import { createCaller, createContext } from "../server/api.js";

export const dynamic = "force-dynamic";

export default async function Page() {
  const context = await createContext();
  const credits = context.session ? await createCaller(context).getBalance() : null;
  return (
    <>
      <header>
        <a href="/">Potluck</a>
        <nav aria-label="Main">
          {["Pool", "Gallery", "Credits", "Account"].map((word) => (
            <a key={word} href={`/${word.toLowerCase()}`}>{word}</a>
          ))}
        </nav>
        {credits && (
          <a id="credit-badge" href="/credits" data-seq={credits.seq}>
            <span>{credits.available.toLocaleString("en")} credits</span>
            <span hidden={!credits.held}>{credits.held} held</span>
          </a>
        )}
      </header>
      <main>
        <h1>Hello, {context.session?.user.name ?? "stranger"}</h1>
        <section>
          <h2>Meet somebody</h2>
          <p>Wait in the pool and be seated with whoever else is here, two to four in a room.</p>
        </section>
        <section>
          <h2>Bring your own people</h2>
          <p>Open a room, send its link to friends, or keep it to yourself.</p>
        </section>
      </main>
    </>
  );
}
