#ifndef YD_LIB_MEMFILE_H
#define YD_LIB_MEMFILE_H

#include <stddef.h>

/* Memory files that are handed from process to process: memfd, or an unlinked file elsewhere. */

/* A file of len bytes, sealed against any change. Descriptor (close-on-exec) or -errno. */
int memfile_sealed(const char *name, const void *data, size_t len);
/* A shared, writable file of len zero bytes that can neither grow nor shrink. */
int memfile_shared(const char *name, size_t len);
/* Maps a sealed file received from another process, of at most max bytes; refuses one that could
 * still change. *data is to be unmapped with memfile_unmap. 0 or -errno. */
int memfile_map_sealed(int fd, size_t max, const void **data, size_t *len);
/* Maps a shared file for reading and writing: sealed against shrinking, or on disk and its owner's alone. */
int memfile_map_shared(int fd, size_t len, void **data);
void memfile_unmap(const void *data, size_t len);

#endif
