#include "results/query/sql_expansion.h"

#include <string.h>

#include "results/query/sql_text.h"

struct token {
    struct fw_sql_token text;
    int64_t meant; /* the first definition of that name; -1: none */
};

/* A view or a common table expression. Definitions of the same name in different places are taken together: the first
 * of them stands for all. */
struct definition {
    int64_t name;        /* token */
    int64_t first, last; /* tokens of its body, the last one excluded */
    int64_t same;        /* the next definition of the same name; -1: none */
    int64_t weight;      /* subqueries that its name stands for; -1: not known yet, -2: being counted */
};

struct expansion {
    struct fw_allocator *mem;
    struct token *tokens;
    int64_t n_tokens, token_capacity;
    struct definition *definitions;
    int64_t n_definitions, definition_capacity;
};

static enum fw_status add_token(struct expansion *x, const struct fw_sql_token *token, struct fw_error *err)
{
    FW_TRY(fw_reserve(x->mem, &x->tokens, &x->token_capacity, x->n_tokens + 1, sizeof *x->tokens, err));
    x->tokens[x->n_tokens++] = (struct token){*token, -1};
    return FW_OK;
}

static enum fw_status add_tokens(struct expansion *x, const char *text, struct fw_error *err)
{
    struct fw_sql_token token;
    while (fw_sql_token_next(&token, &text))
        FW_TRY(add_token(x, &token, err));
    return FW_OK;
}

static enum fw_status add_definition(struct expansion *x, int64_t name, int64_t first, int64_t last,
                                     struct fw_error *err)
{
    FW_TRY(fw_reserve(x->mem, &x->definitions, &x->definition_capacity, x->n_definitions + 1, sizeof *x->definitions,
                      err));
    x->definitions[x->n_definitions++] = (struct definition){name, first, last, -1, -1};
    return FW_OK;
}

static bool is_sign(const struct expansion *x, int64_t at, char sign)
{
    return at >= 0 && at < x->n_tokens && x->tokens[at].text.kind == FW_SQL_SIGN && *x->tokens[at].text.start == sign;
}

static bool is_word(const struct expansion *x, int64_t at, const char *word)
{
    return at >= 0 && at < x->n_tokens && fw_sql_token_is_word(&x->tokens[at].text, word);
}

/* The token that matches the bracket at `at`, searched in steps of `step`; the end of the text when there is none. */
static int64_t matching(const struct expansion *x, int64_t at, int step)
{
    int64_t depth = 0;
    for (; at >= 0 && at < x->n_tokens; at += step) {
        depth += is_sign(x, at, '(') - is_sign(x, at, ')');
        if (depth == 0)
            return at;
    }
    return at;
}

/* Finds `name [(columns)] AS [[NOT] MATERIALIZED] (body)`. Nothing else in SQL has AS before a bracket but a window,
 * which does no harm here. */
static enum fw_status find_definitions(struct expansion *x, struct fw_error *err)
{
    for (int64_t as = 0; as < x->n_tokens; as++) {
        if (!is_word(x, as, "as"))
            continue;
        int64_t open = as + 1;
        open += is_word(x, open, "not");
        open += is_word(x, open, "materialized");
        int64_t name = is_sign(x, as - 1, ')') ? matching(x, as - 1, -1) - 1 : as - 1;
        if (is_sign(x, open, '(') && name >= 0)
            FW_TRY(add_definition(x, name, open, matching(x, open, 1), err));
    }
    return FW_OK;
}

/* Adds "CREATE [TEMP] VIEW [IF NOT EXISTS] [schema.]name [(columns)] AS body", under the name in its text and under the
 * one that the file has it by, should they differ. */
static enum fw_status add_view(struct expansion *x, const struct fw_sql_view *view, struct fw_error *err)
{
    FW_TRY(add_token(x, &(struct fw_sql_token){FW_SQL_WORD, view->name, (int64_t)strlen(view->name)}, err));
    int64_t at = x->n_tokens;
    FW_TRY(add_tokens(x, view->sql, err));
    FW_TRY(add_definition(x, at - 1, at, x->n_tokens, err));
    while (at < x->n_tokens && !is_word(x, at, "view"))
        at++;
    at += is_word(x, at + 1, "if") && is_word(x, at + 2, "not") ? 4 : 1;
    at += is_sign(x, at + 1, '.') ? 2 : 0;
    return at < x->n_tokens ? add_definition(x, at, at + 1, x->n_tokens, err) : FW_OK;
}

/* Joins definitions of the same name and tells each token which it names. */
static void link_names(struct expansion *x)
{
    for (int64_t d = 0; d < x->n_definitions; d++) {
        const struct fw_sql_token *name = &x->tokens[x->definitions[d].name].text;
        if (x->tokens[x->definitions[d].name].meant >= 0) { /* of a definition before */
            struct definition *first = &x->definitions[x->tokens[x->definitions[d].name].meant];
            x->definitions[d].same = first->same;
            first->same = d;
            continue;
        }
        for (int64_t t = 0; t < x->n_tokens; t++) {
            if (x->tokens[t].meant < 0 && !is_sign(x, t + 1, '.') && x->tokens[t].text.kind <= FW_SQL_STRING &&
                fw_sql_token_same_name(&x->tokens[t].text, name))
                x->tokens[t].meant = d;
        }
    }
}

static int64_t weigh(struct expansion *x, int64_t first);

/* Subqueries that a piece of text stands for, those written in it not counted. */
static int64_t weigh_text(struct expansion *x, int64_t first, int64_t last)
{
    int64_t sum = 0;
    for (int64_t t = first; t < last && t < x->n_tokens && sum < FW_SQL_EXPANSION_MAX; t++) {
        if (x->tokens[t].meant >= 0)
            sum += weigh(x, x->tokens[t].meant);
    }
    return sum;
}

/* What a name stands for: all its definitions. A definition that names itself is not put into itself by SQLite. */
static int64_t weigh(struct expansion *x, int64_t first)
{
    if (x->definitions[first].weight == -2)
        return 1;
    if (x->definitions[first].weight >= 0)
        return x->definitions[first].weight;
    x->definitions[first].weight = -2;
    int64_t sum = 0;
    for (int64_t d = first; d >= 0 && sum < FW_SQL_EXPANSION_MAX; d = x->definitions[d].same)
        sum += 1 + weigh_text(x, x->definitions[d].first, x->definitions[d].last);
    x->definitions[first].weight = sum;
    return sum;
}

enum fw_status fw_sql_expansion(int64_t *out, const char *sql, const struct fw_sql_view *views, int64_t n,
                                struct fw_allocator *mem, struct fw_error *err)
{
    struct expansion x = {.mem = mem};
    enum fw_status status = FW_OK;
    int64_t sum = FW_SQL_EXPANSION_MAX;
    FW_TRY_GOTO(add_tokens(&x, sql, err), done);
    int64_t end = x.n_tokens;
    for (int64_t v = 0; v < n; v++)
        FW_TRY_GOTO(add_view(&x, &views[v], err), done);
    FW_TRY_GOTO(find_definitions(&x, err), done);
    /* more definitions than anybody writes would make the recursion deep and the comparing of names slow */
    if (x.n_definitions <= 200) {
        link_names(&x);
        sum = weigh_text(&x, 0, end);
    }
    *out = sum < FW_SQL_EXPANSION_MAX ? sum : FW_SQL_EXPANSION_MAX;
done:
    fw_free(mem, x.definitions);
    fw_free(mem, x.tokens);
    return status;
}
