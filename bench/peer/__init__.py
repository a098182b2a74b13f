"""
The same routes as an idiomatic Django REST framework project would write them, as a peer.

ModelSerializers, page-number pagination, prefetched lines, the middleware of `startproject`. Who
may call is decided by our own classes, on the same tables.
"""
