#include "results/store/store_guest.h"

bool fw_store_is_copy(const struct fw_store *store)
{
    const char *name = sqlite3_db_filename(store->db, "main");
    return name == NULL || name[0] == '\0';
}

enum fw_status fw_store_open_reader(struct fw_store *guest, struct fw_store *store, struct fw_error *err)
{
    FW_TRY(fw_sql_open(guest, SQLITE_OPEN_READONLY, err));
    enum fw_status status = fw_sql_defend(guest, true, err);
    if (status == FW_OK)
        status = fw_sql_exec(guest, "SELECT count(*) FROM sqlite_schema", err);
    if (status == FW_OK || (sqlite3_errcode(guest->db) & 0xff) != SQLITE_READONLY)
        return status;
    FW_TRY(fw_sql_exec(store, "SELECT count(*) FROM sqlite_schema", err));
    return fw_sql_defend(guest, true, err);
}

enum fw_status fw_store_copy_pages(sqlite3 *to, struct fw_store *from, struct fw_error *err)
{
    FW_TRY(fw_sql_exec(from, "BEGIN", err));
    /* the lock is taken here, where it is waited for; a backup does not wait */
    enum fw_status status = fw_sql_exec(from, "SELECT count(*) FROM sqlite_schema", err);
    if (status == FW_OK) {
        sqlite3_backup *copy = sqlite3_backup_init(to, "main", from->db, "main");
        int code = copy != NULL ? sqlite3_backup_step(copy, -1) : sqlite3_errcode(to);
        sqlite3_backup_finish(copy);
        if (code != SQLITE_DONE)
            status = fw_error_set(err, (code & 0xff) == SQLITE_NOMEM ? FW_E_NOMEM : FW_E_IO,
                                  "cannot copy store '%s' to read it there: %s", from->path, sqlite3_errstr(code));
    }
    return fw_sql_end(from, status, err);
}

enum fw_status fw_store_open_copy(struct fw_store *guest, struct fw_store *store, struct fw_error *err)
{
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    int code = sqlite3_open_v2("", &guest->db, flags, NULL);
    if (code != SQLITE_OK)
        return fw_sql_error(guest, code, err);
    FW_TRY(fw_sql_defend(guest, false, err));
    FW_TRY(fw_sql_exec(guest, "PRAGMA cache_size = -16000; PRAGMA synchronous = OFF", err));
    if (fw_store_is_copy(store))
        return fw_store_copy_pages(guest->db, store, err);
    struct fw_store file = {.mem = store->mem, .path = store->path, .wait_seconds = guest->wait_seconds};
    enum fw_status status;
    FW_TRY_GOTO(fw_store_open_reader(&file, store, err), done);
    status = fw_store_copy_pages(guest->db, &file, err);
done:
    fw_store_close_guest(&file);
    return status;
}

enum fw_status fw_store_open_snapshot(struct fw_store *guest, struct fw_store *store, struct fw_error *err)
{
    if (store->image == NULL)
        return fw_store_open_copy(guest, store, err);
    guest->image = store->image;
    guest->image_bytes = store->image_bytes;
    FW_TRY(fw_sql_open_image(guest, err));
    return fw_sql_defend(guest, true, err);
}

void fw_store_close_guest(struct fw_store *guest)
{
    for (int i = 0; i < guest->n_statements; i++)
        sqlite3_finalize(guest->statements[i].handle);
    sqlite3_close_v2(guest->db);
    fw_buffer_clear(&guest->encoded);
    guest->db = NULL;
    guest->n_statements = 0;
}
