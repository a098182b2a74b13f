"""
Reads that are answered before Django: `front` is the layer, a view's `cached_read` asks for it.

**What is guaranteed.** After the answer to a change has left, no process answers what was there
before. It does not matter whether Redis was reached, hung or was gone, or whether the process was
killed after its commit: an answer is served only while its versions are the current ones, and what
the current versions are is lent by PostgreSQL for a second at a time.

* Every transaction that changes what answers are made of leaves a row in `core_cachechange`, by
  triggers (`noting`): rows changed by the admin, a command or by hand in psql count as well. The
  sums of these rows are the versions, so they change with the commit, and never come again.
* A process that finds no versions in Redis notes in PostgreSQL until when it will have lent them,
  then reads them, and only then puts them into Redis until that moment (`freshness`). Redis never
  holds versions for longer than that, also when it was frozen, cut off or emptied.
* After its commit a writing request replaces the lent versions by a mark that says "ask again".
  The mark is its own: versions that were read before it cannot replace it. Where Redis does not
  take the mark, the request waits out what is lent before it answers.
* Changes outside a request (a task, a command, psql) are seen at the end of what is lent: after a
  second at most.
* Versions are known before the query whose answer is stored, and stored with the answer; whoever
  waits for another's computation waits only for one that has the versions it has seen itself.

What remains is a Redis that forgets what it has confirmed (it restarts within the second from a
snapshot, or fails over to a replica that lags): answers may then be old for the rest of the second.
"""
