/* What kind of file system a path lies on, as far as it matters to the promises about durability: on those that other
 * machines share, locks and syncs may not mean what they mean on a local disk. */
#ifndef FW_CORE_MOUNT_H
#define FW_CORE_MOUNT_H

#include <stdint.h>

/* "NFS", "SMB", ... when the file, or the folder it would be made in, lies on a file system that machines share or that
 * a program provides; NULL: it does not, or nobody can tell. The text is static. */
const char *fw_mount_shared(const char *path);

/* The same for a number of statfs(2)'s f_type. */
const char *fw_mount_shared_name(uint64_t type);

#endif
