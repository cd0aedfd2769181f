/* memory_ahead.h -- the memory that the state grows into, touched before it is needed.
 *
 * The first touch of a huge page has the kernel zero 2 MiB: a tenth of a millisecond where memory is at hand, 2.5 ms
 * in a virtual machine whose host has to find it first. A turn of the loop in which three pools reached the next page
 * took 8 ms. So a thread of its own touches what the large pools will need next, and does nothing else: it
 * knows addresses only, reads no record, allocates nothing, and ends with the server. A forked child has none.
 *
 *     tick (main thread): how far is each pool? ──► grow it ahead, say how far to touch ──► thread: madvise()
 *
 * Linux 5.14 or newer; before, pages are touched as they are used.
 */
#ifndef BOON_NET_MEMORY_AHEAD_H
#define BOON_NET_MEMORY_AHEAD_H

struct engine;
struct memory_ahead;

/* Starts the thread. NULL: it cannot be had; the server does without. */
struct memory_ahead *memory_ahead_create(void);

/* Ends it; before the engine is destroyed. */
void memory_ahead_destroy(struct memory_ahead **ahead);

/* Looks how far the engine's pools are, and has touched what they need next. Call it every SERVER_TICK_MS, while the
 * engine is not cleared or destroyed. `ahead` may be NULL. */
void memory_ahead_look(struct memory_ahead *ahead, struct engine *engine);

#endif
