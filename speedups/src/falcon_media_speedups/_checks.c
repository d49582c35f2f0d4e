/* Checks that tell whether an object or a payload needs no check in Python.

   Each check only accepts: it returns yes if the message is certainly fine, and no if the
   Python code has to check it. Nothing is refused here; falcon-media has all refusals and
   their messages. The checks run no code of the app or of a library.

   Written for the stable ABI of CPython 3.11, so that one build serves all later versions:
   https://docs.python.org/3/c-api/stable.html
*/

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <string.h>

/* The most levels that the walks recurse. Deeper objects and payloads are not accepted. A
   level takes 150 to 250 bytes, and the smallest stacks have 128 KB. */
#define MOST_LEVELS 128

/* The most keys of one map, and of all open maps, to compare with each other. */
#define FEW_KEYS 32
#define MOST_KEYS 512

/* The most keys of one map that are not text; for several maps, the square root of the sum
   of the squares. A client can choose numbers that collide in a dict: see
   falcon_media/limits/keys.py, which has the same bound. */
#define MOST_OTHER_KEYS 4096

/* Length from which a number has to be checked. The largest float has 309 digits before the
   point. */
#define LONG_NUMBER 64

/* The first for functions that are called for each object; the second for functions with a
   large stack frame, which must be gone when the library is called. */
#if defined(__GNUC__)
#define INLINE inline __attribute__((always_inline))
#define NOINLINE __attribute__((noinline))
#elif defined(_MSC_VER)
#define INLINE __forceinline
#define NOINLINE __declspec(noinline)
#else
#define INLINE inline
#define NOINLINE
#endif

typedef struct {
    PyObject *shape_type;
    PyObject *checks_type;
    PyObject *encoder_type;
    PyObject *decoder_type;
} state_t;

/* ------------------------------------------------------------------------- Objects */

enum {
    IS_NONE = 1,
    IS_BOOL = 2,
    IS_INT = 4,
    IS_FLOAT = 8,
    IS_STR = 16,
    IS_DICT = 32,
    IS_LIST = 64,
    IS_TUPLE = 128,
    CONTAINERS = IS_DICT | IS_LIST | IS_TUPLE,
};

/* The types of an object and of its content. A shape may contain itself. */
typedef struct Shape {
    PyObject_HEAD
    PyObject *leaves;   /* a tuple of types, as passed in */
    PyObject *keys;     /* a tuple of the types of dict keys */
    int common;         /* flags of the leaves that have one */
    int common_keys;    /* flags of the keys */
    double float_bound; /* floats must be of less magnitude; 0 for no bound */
    int short_integers; /* whether integers must fit in 64 bits, with a sign */
    struct Shape *dict; /* shape of the values of a dict; NULL for no dicts */
    struct Shape *list; /* the same for lists */
    struct Shape *tuple;
    PyObject *structs; /* a tuple of (class, its members, their shapes) */
    descrgetfunc get;  /* reads a member */
} Shape;

typedef struct {
    PyObject_HEAD
    Shape *shape;
    int max_depth;
    Py_ssize_t max_items;
} Checks;

/* A call without checks for accepted objects or payloads, and one for all others. */
typedef struct {
    PyObject_HEAD
    Checks *checks;
    PyObject *call;
    PyObject *otherwise;
    Py_ssize_t shortest; /* the least size of the payload in bytes */
    int is_text;         /* whether payloads are str, not bytes */
} Calls;

typedef struct {
    Calls calls;
    int is_utf8; /* whether `call` returns bytes to make a str of */
} Encoder;

typedef struct {
    Calls calls;
    Py_ssize_t longest; /* the greatest size of the payload in bytes */
    int looks_ahead;    /* whether to check the depth of JSON before `call` */
    int is_opaque;      /* whether the objects from `call` can't be inspected */
    int takes_any;      /* whether all values of MessagePack and CBOR are fine */
} Decoder;

typedef struct {
    int max_depth;
    Py_ssize_t room;    /* items that are still allowed */
    Py_ssize_t entries; /* of all dicts so far */
} Tally;

static INLINE int
flag_of(PyTypeObject *cls)
{
    if (cls == &PyUnicode_Type) {
        return IS_STR;
    }
    if (cls == &PyLong_Type) {
        return IS_INT;
    }
    if (cls == &PyFloat_Type) {
        return IS_FLOAT;
    }
    if (cls == &PyDict_Type) {
        return IS_DICT;
    }
    if (cls == &PyList_Type) {
        return IS_LIST;
    }
    if (cls == &PyBool_Type) {
        return IS_BOOL;
    }
    if (cls == Py_TYPE(Py_None)) {
        return IS_NONE;
    }
    if (cls == &PyTuple_Type) {
        return IS_TUPLE;
    }
    return 0;
}

static int
is_among(PyTypeObject *cls, PyObject *types)
{
    Py_ssize_t size = PyTuple_Size(types);
    for (Py_ssize_t i = 0; i < size; i++) {
        if ((PyTypeObject *)PyTuple_GetItem(types, i) == cls) {
            return 1;
        }
    }
    return 0;
}

/* Each of these returns 1 for yes and 0 for no. None sets an exception: functions that
   could are only called with objects of the exact type. */

static INLINE int
fits_integer(Shape *shape, PyObject *number)
{
    int overflow = 0;
    if (shape->short_integers) {
        (void)PyLong_AsLongLongAndOverflow(number, &overflow);
    }
    return !overflow;
}

static int fits_inside(Shape *, PyObject *, int, int, Tally *);
static int fits_members(Shape *, PyObject *, int, Tally *);

static INLINE int
fits(Shape *shape, PyObject *media, int depth, Tally *tally)
{
    PyTypeObject *cls = Py_TYPE(media);
    int flag = flag_of(cls);
    if (flag & shape->common) {
        if (flag == IS_INT) {
            return fits_integer(shape, media);
        }
        if (flag == IS_FLOAT && shape->float_bound > 0) {
            double number = PyFloat_AsDouble(media);
            /* Both comparisons are false for NaN. */
            return number < shape->float_bound && number > -shape->float_bound;
        }
        return 1;
    }
    if (flag & CONTAINERS) {
        return depth < tally->max_depth &&
               fits_inside(shape, media, flag, depth + 1, tally);
    }
    return flag == 0 && (is_among(cls, shape->leaves) ||
                         (shape->structs != NULL && depth < tally->max_depth &&
                          fits_members(shape, media, depth + 1, tally)));
}

static INLINE int
fits_key(Shape *shape, PyObject *key)
{
    PyTypeObject *cls = Py_TYPE(key);
    int flag = flag_of(cls);
    if (flag & shape->common_keys) {
        return flag != IS_INT || fits_integer(shape, key);
    }
    return flag == 0 && is_among(cls, shape->keys);
}

/* Shared objects count wherever they occur, so each walk ends. */
static INLINE int
takes_room(Tally *tally, Py_ssize_t size)
{
    tally->room -= size;
    return tally->room >= 0;
}

static int
fits_inside(Shape *shape, PyObject *media, int flag, int depth, Tally *tally)
{
    if (flag == IS_DICT) {
        PyObject *key, *value;
        Py_ssize_t position = 0, size = PyDict_Size(media);
        Shape *inner = shape->dict;
        if (inner == NULL || !takes_room(tally, size)) {
            return 0;
        }
        tally->entries += size;
        while (PyDict_Next(media, &position, &key, &value)) {
            if (!fits_key(shape, key) || !fits(inner, value, depth, tally)) {
                return 0;
            }
        }
        return 1;
    }
    Shape *inner = flag == IS_LIST ? shape->list : shape->tuple;
    Py_ssize_t size = flag == IS_LIST ? PyList_Size(media) : PyTuple_Size(media);
    if (inner == NULL || !takes_room(tally, size)) {
        return 0;
    }
    for (Py_ssize_t i = 0; i < size; i++) {
        PyObject *item =
            flag == IS_LIST ? PyList_GetItem(media, i) : PyTuple_GetItem(media, i);
        if (!fits(inner, item, depth, tally)) {
            return 0;
        }
    }
    return 1;
}

static int
fits_members(Shape *shape, PyObject *media, int depth, Tally *tally)
{
    Py_ssize_t count = PyTuple_Size(shape->structs);
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *known = PyTuple_GetItem(shape->structs, i);
        if (PyTuple_GetItem(known, 0) != (PyObject *)Py_TYPE(media)) {
            continue;
        }
        PyObject *members = PyTuple_GetItem(known, 1);
        PyObject *shapes = PyTuple_GetItem(known, 2);
        Py_ssize_t size = PyTuple_Size(members);
        if (!takes_room(tally, size)) {
            return 0;
        }
        for (Py_ssize_t j = 0; j < size; j++) {
            PyObject *value = shape->get(PyTuple_GetItem(members, j), media,
                                         (PyObject *)Py_TYPE(media));
            if (value == NULL) {
                /* The member was deleted. */
                PyErr_Clear();
                return 0;
            }
            int found = fits((Shape *)PyTuple_GetItem(shapes, j), value, depth, tally);
            Py_DECREF(value);
            if (!found) {
                return 0;
            }
        }
        return 1;
    }
    return 0;
}

static INLINE Tally
tally_of(const Checks *checks)
{
    return (Tally){checks->max_depth, checks->max_items, 0};
}

static int
accepts(Checks *self, PyObject *media)
{
    Tally tally = tally_of(self);
    return fits(self->shape, media, 0, &tally);
}

/* Tells whether a shape accepts all values of MessagePack and CBOR with string keys. */
static int
takes_any(Shape *shape)
{
    const int scalars = IS_NONE | IS_BOOL | IS_INT | IS_FLOAT | IS_STR;
    return (shape->common & scalars) == scalars && is_among(&PyBytes_Type, shape->leaves) &&
           (shape->common_keys & IS_STR) && is_among(&PyBytes_Type, shape->keys) &&
           shape->float_bound <= 0 && !shape->short_integers && shape->dict == shape &&
           shape->list == shape;
}

/* --------------------------------------------------------------------------- JSON */

static Py_ssize_t
count_byte(const unsigned char *data, Py_ssize_t size, unsigned char byte)
{
    Py_ssize_t count = 0;
    /* In blocks, so that the compiler can vectorize the count. */
    while (size > 0) {
        int block = size < 255 ? (int)size : 255;
        unsigned char found = 0;
        for (int i = 0; i < block; i++) {
            found = (unsigned char)(found + (data[i] == byte));
        }
        count += found;
        data += block;
        size -= block;
    }
    return count;
}

/* Returns the bytes of a payload, or NULL without an exception if there are too many. */
static const unsigned char *
bytes_of(PyObject *payload, Py_ssize_t longest, Py_ssize_t *size)
{
    char *data = NULL;
    if (!PyBytes_Check(payload)) {
        return NULL;
    }
    (void)PyBytes_AsStringAndSize(payload, &data, size);
    return *size <= longest ? (const unsigned char *)data : NULL;
}

/* The same for a text, in UTF-8, which the text object keeps. */
static const unsigned char *
utf8_of(PyObject *payload, Py_ssize_t longest, Py_ssize_t *size)
{
    if (!PyUnicode_Check(payload) || PyUnicode_GetLength(payload) > longest) {
        return NULL;
    }
    const char *data = PyUnicode_AsUTF8AndSize(payload, size);
    if (data == NULL) {
        PyErr_Clear();
        return NULL;
    }
    return *size <= longest ? (const unsigned char *)data : NULL;
}

/* Bytes that end a run. A NUL follows the end of each payload, and never occurs in
   JSON. */
typedef unsigned char Marks[256];

static const Marks MARKS = {
    ['\0'] = 1, ['"'] = 1, [':'] = 1, ['['] = 1, [']'] = 1, ['{'] = 1, ['}'] = 1,
};
static const Marks MARKS_OF_NUMBERS = {
    ['\0'] = 1, ['"'] = 1, [':'] = 1, ['['] = 1, [']'] = 1,
    ['{'] = 1,  ['}'] = 1, [','] = 1, ['e'] = 1, ['E'] = 1,
};
static const Marks MARKS_IN_STRINGS = {['\0'] = 1, ['"'] = 1, ['\\'] = 1};

static INLINE const unsigned char *
next_mark(const Marks marks, const unsigned char *at)
{
    while (!marks[*at]) {
        at++;
    }
    return at;
}

/* Returns the quotation mark that closes a string, or the NUL. */
static INLINE const unsigned char *
end_of_string(const unsigned char *at, int *has_escapes)
{
    *has_escapes = 0;
    for (;;) {
        at = next_mark(MARKS_IN_STRINGS, at);
        if (*at != '\\') {
            return at;
        }
        *has_escapes = 1;
        at++;
        if (*at == '\0') {
            return at;
        }
        at++;
    }
}

/* Counts the entries in JSON text; -1 if it is not JSON, or too deep. */
static Py_ssize_t
count_entries(const unsigned char *data, Py_ssize_t size, Py_ssize_t max_depth)
{
    Py_ssize_t depth = 0, count = 0;
    int has_escapes;
    const unsigned char *at = next_mark(MARKS, data);
    for (; *at; at = next_mark(MARKS, at + 1)) {
        switch (*at) {
        case '"':
            at = end_of_string(at + 1, &has_escapes);
            if (*at == '\0') {
                return -1;
            }
            break;
        case ':':
            count++;
            break;
        case '[':
        case '{':
            depth++;
            if (depth > max_depth) {
                return -1;
            }
            break;
        default:
            depth--;
            break;
        }
    }
    return at == data + size ? count : -1;
}

/* Tells whether JSON text is within the depth; undefined for other text. */
static int
is_shallow(const unsigned char *data, Py_ssize_t size, int max_depth)
{
    /* Counts brackets in strings too: sound, and precise enough for most short texts. */
    return count_byte(data, size, '[') + count_byte(data, size, '{') <= max_depth ||
           count_entries(data, size, max_depth) >= 0;
}

/* Returns an upper bound of the entries in JSON text: each has a colon after a quotation
   mark or white space. (Times and addresses in strings have other colons.) */
static Py_ssize_t
most_entries(const unsigned char *data, Py_ssize_t size)
{
    Py_ssize_t count = 0;
    /* In blocks, as above. The first byte is never the colon of an entry. */
    while (size > 1) {
        int block = size < 256 ? (int)size : 256;
        unsigned char found = 0;
        for (int i = 1; i < block; i++) {
            int is_after = (data[i - 1] == '"') | (data[i - 1] <= ' ');
            found = (unsigned char)(found + ((data[i] == ':') & is_after));
        }
        count += found;
        data += block - 1;
        size -= block - 1;
    }
    return count;
}

/* The keys of all open maps, as in the payload; those of the innermost map are last. */
typedef struct {
    const unsigned char *start[MOST_KEYS];
    size_t size[MOST_KEYS];
    int first[MOST_LEVELS + 1]; /* index of the first key of each container */
    int count;
} Keys;

/* Adds a key to the map at a level. Fails if the map has it already, or if there are too
   many keys to compare with. */
static INLINE int
add_key(Keys *keys, int depth, const unsigned char *start, size_t size)
{
    int first = keys->first[depth];
    if (keys->count == MOST_KEYS || keys->count - first == FEW_KEYS) {
        return 0;
    }
    for (int i = first; i < keys->count; i++) {
        /* The first byte differs for most keys, if there is one. */
        if (keys->size[i] == size &&
            (size == 0 || (*keys->start[i] == *start &&
                           memcmp(keys->start[i], start, size) == 0))) {
            return 0;
        }
    }
    keys->start[keys->count] = start;
    keys->size[keys->count++] = size;
    return 1;
}

/* Tells whether JSON text is within the depth, has no duplicate key, and no number beyond
   the range of floats; undefined for other text. */
static NOINLINE int
is_harmless(const unsigned char *data, Py_ssize_t size, int max_depth)
{
    Keys keys;
    int depth = 0;
    keys.count = keys.first[0] = 0;
    const unsigned char *before = data;
    const unsigned char *at = next_mark(MARKS_OF_NUMBERS, data);
    for (; *at; before = at + 1, at = next_mark(MARKS_OF_NUMBERS, before)) {
        if (at - before > LONG_NUMBER) {
            return 0;
        }
        switch (*at) {
        case '"': {
            const unsigned char *start = at + 1;
            int has_escapes;
            at = end_of_string(start, &has_escapes);
            if (*at == '\0') {
                return 0;
            }
            const unsigned char *after = at + 1;
            while (*after == ' ' || *after == '\t' || *after == '\n' || *after == '\r') {
                after++;
            }
            /* Equal keys may be written with different escapes. */
            if (*after == ':' &&
                (has_escapes || !add_key(&keys, depth, start, (size_t)(at - start)))) {
                return 0;
            }
            break;
        }
        case '[':
        case '{':
            if (depth >= max_depth) {
                return 0;
            }
            depth++;
            keys.first[depth] = keys.count;
            break;
        case ']':
        case '}':
            if (depth == 0) {
                return 0;
            }
            keys.count = keys.first[depth];
            depth--;
            break;
        case 'e':
        case 'E':
            /* The e of a number, not of a word. */
            if (at > data && (at[-1] == '.' || (at[-1] >= '0' && at[-1] <= '9'))) {
                return 0;
            }
            break;
        default:
            break;
        }
    }
    return at == data + size && at - before <= LONG_NUMBER;
}

/* Tells whether the decoded object has all entries of the JSON text. An entry that was
   replaced by one with the same key still has its colon in the text. */
static int
has_all_entries(Checks *self, PyObject *media, const unsigned char *data, Py_ssize_t size)
{
    Tally tally = tally_of(self);
    return fits(self->shape, media, 0, &tally) &&
           (tally.entries == most_entries(data, size) ||
            tally.entries == count_entries(data, size, tally.max_depth));
}

/* -------------------------------------------------------------- MessagePack and CBOR */

/* The position in a payload. */
typedef struct {
    const unsigned char *data;
    size_t size;
    size_t at;
} Cursor;

/* The object that a byte begins: a scalar or a container. */
typedef struct {
    int each;        /* objects per item of a container (1 or 2); 0 for a scalar */
    int is_string;   /* text or bytes, which have been skipped */
    int is_text;     /* text */
    uint64_t length; /* items or bytes */
} Head;

/* Returns 0 for an object that is not accepted. */
typedef int (*Reader)(Cursor *, Head *);

static INLINE int
read_number(Cursor *cursor, size_t width, uint64_t *number)
{
    if (width > cursor->size - cursor->at) {
        return 0;
    }
    *number = 0;
    for (size_t i = 0; i < width; i++) {
        *number = *number << 8 | cursor->data[cursor->at++];
    }
    return 1;
}

static INLINE int
skip(Cursor *cursor, uint64_t size)
{
    if (size > cursor->size - cursor->at) {
        return 0;
    }
    cursor->at += (size_t)size;
    return 1;
}

static INLINE int
skip_string(Cursor *cursor, Head *head, int is_text)
{
    head->is_string = 1;
    head->is_text = is_text;
    return skip(cursor, head->length);
}

/* https://github.com/msgpack/msgpack/blob/master/spec.md#formats; doesn't accept extension
   types. */
static INLINE int
read_message_pack(Cursor *cursor, Head *head)
{
    unsigned char first = cursor->data[cursor->at++];
    size_t width;
    if (first < 0x80 || first >= 0xe0) { /* fixint */
        return 1;
    }
    if (first < 0xa0) { /* fixmap, fixarray */
        head->each = first < 0x90 ? 2 : 1;
        head->length = first & 0x0f;
        return 1;
    }
    if (first < 0xc0) { /* fixstr */
        head->length = first & 0x1f;
        return skip_string(cursor, head, 1);
    }
    switch (first) {
    case 0xc0: /* nil, false, true */
    case 0xc2:
    case 0xc3:
        return 1;
    case 0xcc: /* integers and floats */
    case 0xd0:
        return skip(cursor, 1);
    case 0xcd:
    case 0xd1:
        return skip(cursor, 2);
    case 0xca:
    case 0xce:
    case 0xd2:
        return skip(cursor, 4);
    case 0xcb:
    case 0xcf:
    case 0xd3:
        return skip(cursor, 8);
    case 0xc4: /* bin, str */
    case 0xd9:
        width = 1;
        break;
    case 0xc5:
    case 0xda:
        width = 2;
        break;
    case 0xc6:
    case 0xdb:
        width = 4;
        break;
    case 0xdc: /* array, map */
    case 0xde:
        width = 2;
        head->each = first == 0xdc ? 1 : 2;
        break;
    case 0xdd:
    case 0xdf:
        width = 4;
        head->each = first == 0xdd ? 1 : 2;
        break;
    default:
        return 0;
    }
    return read_number(cursor, width, &head->length) &&
           (head->each || skip_string(cursor, head, first >= 0xd9));
}

/* RFC 8949, section 3; doesn't accept tags, simple values and indefinite lengths. */
static INLINE int
read_cbor(Cursor *cursor, Head *head)
{
    unsigned char first = cursor->data[cursor->at++];
    unsigned char info = first & 0x1f;
    head->length = info;
    if (info >= 28 ||
        (info >= 24 && !read_number(cursor, (size_t)1 << (info - 24), &head->length))) {
        return 0;
    }
    switch (first >> 5) {
    case 0: /* integers */
    case 1:
        return 1;
    case 2: /* byte strings, and text */
    case 3:
        return skip_string(cursor, head, first >> 5 == 3);
    case 4: /* arrays, maps */
    case 5:
        head->each = first >> 5 == 4 ? 1 : 2;
        return 1;
    case 7:
        return (info >= 20 && info <= 22) || info >= 25; /* false, true, null; floats */
    default:
        return 0;
    }
}

/* The result of reading a payload. */
typedef struct {
    int is_whole;       /* whether it is one object within the levels and items; if not,
                           the other fields are undefined */
    int is_unique;      /* whether all keys are strings, they are few, and no map has
                           duplicates */
    Py_ssize_t entries; /* of all maps */
} Survey;

/* Tells whether bytes are UTF-8 (RFC 3629, section 4). */
static int
is_utf8(const unsigned char *data, size_t size)
{
    const unsigned char *end = data + size;
    while (data < end) {
        unsigned char first = *data++;
        if (first < 0x80) {
            continue;
        }
        /* The number of bytes that follow, and the range of the first. */
        int following = first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
        unsigned char low = 0x80, high = 0xbf;
        switch (first) {
        case 0xe0: /* not the shortest form */
            low = 0xa0;
            break;
        case 0xf0:
            low = 0x90;
            break;
        case 0xed: /* halves of surrogate pairs */
            high = 0x9f;
            break;
        case 0xf4: /* beyond Unicode */
            high = 0x8f;
            break;
        default:
            break;
        }
        if (first < 0xc2 || first > 0xf4 || end - data < following) {
            return 0;
        }
        if (*data < low || *data > high) {
            return 0;
        }
        data++;
        for (int i = 1; i < following; i++) {
            if ((*data++ & 0xc0) != 0x80) {
                return 0;
            }
        }
    }
    return 1;
}

static INLINE Survey
look_over(Reader read, const Decoder *self, PyObject *payload)
{
    const Survey unknown = {0, 0, 0};
    const Checks *checks = self->calls.checks;
    const int numbers = IS_NONE | IS_BOOL | IS_INT | IS_FLOAT;
    uint64_t missing[MOST_LEVELS + 1]; /* objects that each container still needs */
    int is_map[MOST_LEVELS + 1];
    int others[MOST_LEVELS + 1]; /* keys of each container that are not text */
    int left = (checks->shape->common_keys & numbers) != 0
                   ? MOST_OTHER_KEYS * MOST_OTHER_KEYS
                   : 0;
    Keys keys;
    Py_ssize_t size, room = checks->max_items;
    int depth = 0;
    const unsigned char *data = bytes_of(payload, self->longest, &size);
    if (data == NULL) {
        return unknown;
    }
    Survey survey = {1, 1, 0};
    Cursor cursor = {data, (size_t)size, 0};
    keys.count = keys.first[0] = is_map[0] = others[0] = 0;
    missing[0] = 1;
    for (;;) {
        while (missing[depth] == 0) {
            if (depth == 0) {
                return cursor.at == cursor.size ? survey : unknown;
            }
            keys.count = keys.first[depth];
            depth--;
        }
        /* An entry has two objects: if an even number is missing, a key is next. */
        int is_key = is_map[depth] && missing[depth] % 2 == 0;
        missing[depth]--;
        Head head = {0, 0, 0, 0};
        if (cursor.at == cursor.size || !read(&cursor, &head)) {
            return unknown;
        }
        if (head.is_string) {
            size_t length = (size_t)head.length;
            const unsigned char *start = cursor.data + cursor.at - length;
            /* The library may skip text without a place in the type, unread. */
            if (self->is_opaque && head.is_text && !is_utf8(start, length)) {
                return unknown;
            }
            if (is_key && survey.is_unique) {
                survey.is_unique = add_key(&keys, depth, start, length);
            }
        }
        else if (is_key) {
            survey.is_unique = 0;
            /* The difference of two squares. A key that is a container takes longer. */
            left -= 2 * others[depth]++ + 1;
            if (head.each || left < 0) {
                return unknown;
            }
        }
        if (head.each) {
            /* Each object takes at least one byte. */
            if (head.length > (cursor.size - cursor.at) / (size_t)head.each ||
                (Py_ssize_t)head.length > room || depth >= checks->max_depth) {
                return unknown;
            }
            room -= (Py_ssize_t)head.length;
            depth++;
            is_map[depth] = head.each == 2;
            missing[depth] = head.length * (size_t)head.each;
            others[depth] = 0;
            keys.first[depth] = keys.count;
            survey.entries += is_map[depth] ? (Py_ssize_t)head.length : 0;
        }
    }
}

/* ------------------------------------------------------------- Objects of our types */

static PyObject *
allocate(PyTypeObject *cls)
{
    allocfunc alloc = (allocfunc)PyType_GetSlot(cls, Py_tp_alloc);
    return alloc(cls, 0);
}

/* The end of each dealloc: an instance of a heap type owns a reference to its type. */
static void
release(PyObject *op)
{
    PyTypeObject *cls = Py_TYPE(op);
    freefunc free_object = (freefunc)PyType_GetSlot(cls, Py_tp_free);
    free_object(op);
    Py_DECREF(cls);
}

/* --------------------------------------------------------------------------- Shape */

static int
take_types(PyObject *types, const char *name, int *flags)
{
    Py_ssize_t size = PyTuple_Size(types);
    for (Py_ssize_t i = 0; i < size; i++) {
        PyObject *cls = PyTuple_GetItem(types, i);
        if (!PyType_Check(cls)) {
            PyErr_Format(PyExc_TypeError, "%s must be types, not %R", name, cls);
            return 0;
        }
        int flag = flag_of((PyTypeObject *)cls);
        if (flag & CONTAINERS) {
            PyErr_Format(PyExc_ValueError, "%s must not have %R", name, cls);
            return 0;
        }
        *flags |= flag;
    }
    return 1;
}

static PyObject *
shape_new(PyTypeObject *cls, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"leaves", "keys", "float_bound", "short_integers", NULL};
    PyObject *leaves, *keys;
    double float_bound;
    int short_integers, common = 0, common_keys = 0;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "$O!O!dp:Shape", names, &PyTuple_Type,
                                     &leaves, &PyTuple_Type, &keys, &float_bound,
                                     &short_integers) ||
        !take_types(leaves, "leaves", &common) ||
        !take_types(keys, "keys", &common_keys)) {
        return NULL;
    }
    Shape *self = (Shape *)allocate(cls);
    if (self == NULL) {
        return NULL;
    }
    Py_INCREF(leaves);
    Py_INCREF(keys);
    self->leaves = leaves;
    self->keys = keys;
    self->common = common;
    self->common_keys = common_keys;
    self->float_bound = float_bound;
    self->short_integers = short_integers;
    self->get = (descrgetfunc)PyType_GetSlot(&PyMemberDescr_Type, Py_tp_descr_get);
    return (PyObject *)self;
}

static int
shape_traverse(PyObject *op, visitproc visit, void *arg)
{
    Shape *self = (Shape *)op;
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(self->leaves);
    Py_VISIT(self->keys);
    Py_VISIT(self->dict);
    Py_VISIT(self->list);
    Py_VISIT(self->tuple);
    Py_VISIT(self->structs);
    return 0;
}

static int
shape_clear(PyObject *op)
{
    Shape *self = (Shape *)op;
    Py_CLEAR(self->dict);
    Py_CLEAR(self->list);
    Py_CLEAR(self->tuple);
    Py_CLEAR(self->structs);
    return 0;
}

static void
shape_dealloc(PyObject *op)
{
    Shape *self = (Shape *)op;
    PyObject_GC_UnTrack(op);
    (void)shape_clear(op);
    Py_DECREF(self->leaves);
    Py_DECREF(self->keys);
    release(op);
}

/* Checks for a tuple of (class, its members, a shape for each). */
static int
check_structs(PyObject *structs, PyTypeObject *shape_type)
{
    Py_ssize_t count = PyTuple_Size(structs);
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *cls, *members, *shapes;
        PyObject *known = PyTuple_GetItem(structs, i);
        if (!PyTuple_Check(known)) {
            PyErr_SetString(PyExc_TypeError, "structs must be tuples");
            return 0;
        }
        if (!PyArg_ParseTuple(known, "O!O!O!:structs", &PyType_Type, &cls, &PyTuple_Type,
                              &members, &PyTuple_Type, &shapes)) {
            return 0;
        }
        Py_ssize_t size = PyTuple_Size(members);
        if (PyTuple_Size(shapes) != size) {
            PyErr_SetString(PyExc_ValueError, "each member must have a shape");
            return 0;
        }
        for (Py_ssize_t j = 0; j < size; j++) {
            if (!Py_IS_TYPE(PyTuple_GetItem(members, j), &PyMemberDescr_Type) ||
                !Py_IS_TYPE(PyTuple_GetItem(shapes, j), shape_type)) {
                PyErr_SetString(PyExc_TypeError, "members must be descriptors");
                return 0;
            }
        }
    }
    return 1;
}

static int
take_shape(PyObject *given, PyTypeObject *shape_type, Shape **found)
{
    if (given == Py_None) {
        return 1;
    }
    if (!Py_IS_TYPE(given, shape_type)) {
        PyErr_Format(PyExc_TypeError, "a shape must be a Shape, or None, not %R", given);
        return 0;
    }
    Py_INCREF(given);
    *found = (Shape *)given;
    return 1;
}

static PyObject *
shape_open(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"dict_of", "list_of", "tuple_of", "structs", NULL};
    Shape *self = (Shape *)op;
    PyTypeObject *cls = Py_TYPE(op);
    PyObject *dict, *list, *tuple, *structs;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "$OOOO!:open", names, &dict, &list,
                                     &tuple, &PyTuple_Type, &structs) ||
        !check_structs(structs, cls)) {
        return NULL;
    }
    (void)shape_clear(op);
    if (!take_shape(dict, cls, &self->dict) || !take_shape(list, cls, &self->list) ||
        !take_shape(tuple, cls, &self->tuple)) {
        (void)shape_clear(op);
        return NULL;
    }
    if (PyTuple_Size(structs) > 0) {
        Py_INCREF(structs);
        self->structs = structs;
    }
    Py_RETURN_NONE;
}

PyDoc_STRVAR(shape_doc, "The types of an object and of its content.");
PyDoc_STRVAR(open_doc, "open($self, *, dict_of, list_of, tuple_of, structs)\n--\n\n"
                       "Set the shapes of the content.");

static PyMethodDef shape_methods[] = {
    {"open", (PyCFunction)(void (*)(void))shape_open, METH_VARARGS | METH_KEYWORDS,
     open_doc},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot shape_slots[] = {
    {Py_tp_doc, (void *)shape_doc},
    {Py_tp_new, shape_new},
    {Py_tp_traverse, shape_traverse},
    {Py_tp_clear, shape_clear},
    {Py_tp_dealloc, shape_dealloc},
    {Py_tp_methods, shape_methods},
    {0, NULL},
};

static PyType_Spec shape_spec = {
    .name = "falcon_media_speedups.Shape",
    .basicsize = sizeof(Shape),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = shape_slots,
};

/* -------------------------------------------------------------------------- Checks */

static PyObject *
checks_new(PyTypeObject *cls, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"shape", "max_depth", "max_items", NULL};
    state_t *state = PyType_GetModuleState(cls);
    PyObject *shape;
    Py_ssize_t max_depth, max_items;
    if (state == NULL || !PyArg_ParseTupleAndKeywords(args, kwargs, "$O!nn:Checks", names,
                                                      state->shape_type, &shape,
                                                      &max_depth, &max_items)) {
        return NULL;
    }
    if (max_depth < 0 || max_items < 0) {
        PyErr_SetString(PyExc_ValueError, "budgets must not be negative");
        return NULL;
    }
    Checks *self = (Checks *)allocate(cls);
    if (self == NULL) {
        return NULL;
    }
    Py_INCREF(shape);
    self->shape = (Shape *)shape;
    self->max_depth = max_depth < MOST_LEVELS ? (int)max_depth : MOST_LEVELS;
    self->max_items = max_items;
    return (PyObject *)self;
}

static int
checks_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(((Checks *)op)->shape);
    return 0;
}

static void
checks_dealloc(PyObject *op)
{
    PyObject_GC_UnTrack(op);
    Py_DECREF(((Checks *)op)->shape);
    release(op);
}

static PyObject *
checks_accepts(PyObject *op, PyObject *media)
{
    return PyBool_FromLong(accepts((Checks *)op, media));
}

PyDoc_STRVAR(checks_doc, "Checks for objects and payloads that need no other check.");
PyDoc_STRVAR(accepts_doc, "accepts(media, /)\n--\n\n"
                          "Tell whether an object needs no other check.");

static PyMethodDef checks_methods[] = {
    {"accepts", checks_accepts, METH_O, accepts_doc},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot checks_slots[] = {
    {Py_tp_doc, (void *)checks_doc},
    {Py_tp_new, checks_new},
    {Py_tp_traverse, checks_traverse},
    {Py_tp_dealloc, checks_dealloc},
    {Py_tp_methods, checks_methods},
    {0, NULL},
};

static PyType_Spec checks_spec = {
    .name = "falcon_media_speedups.Checks",
    .basicsize = sizeof(Checks),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = checks_slots,
};

/* --------------------------------------------------------------------------- Calls */

static Calls *
new_calls(PyTypeObject *cls, PyObject *checks, PyObject *call, PyObject *otherwise,
          Py_ssize_t shortest, int is_text)
{
    Calls *self = (Calls *)allocate(cls);
    if (self == NULL) {
        return NULL;
    }
    Py_INCREF(checks);
    Py_INCREF(call);
    Py_INCREF(otherwise);
    self->checks = (Checks *)checks;
    self->call = call;
    self->otherwise = otherwise;
    self->shortest = shortest;
    self->is_text = is_text;
    return self;
}

static int
calls_traverse(PyObject *op, visitproc visit, void *arg)
{
    Calls *self = (Calls *)op;
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(self->checks);
    Py_VISIT(self->call);
    Py_VISIT(self->otherwise);
    return 0;
}

static void
calls_dealloc(PyObject *op)
{
    Calls *self = (Calls *)op;
    PyObject_GC_UnTrack(op);
    Py_DECREF(self->checks);
    Py_DECREF(self->call);
    Py_DECREF(self->otherwise);
    release(op);
}

/* Returns the only argument of a method, by position or by name; NULL with an
   exception. */
static INLINE PyObject *
only_argument(PyObject *const *args, Py_ssize_t count, PyObject *names, const char *name)
{
    if (names == NULL && count == 1) {
        return args[0];
    }
    if (names != NULL && count == 0 && PyTuple_Size(names) == 1 &&
        PyUnicode_CompareWithASCIIString(PyTuple_GetItem(names, 0), name) == 0) {
        return args[0];
    }
    PyErr_Format(PyExc_TypeError, "takes exactly one argument, %s", name);
    return NULL;
}

static INLINE PyObject *
call_with(PyObject *call, PyObject *arg)
{
    return PyObject_CallFunctionObjArgs(call, arg, NULL);
}

/* Tells whether to pass on the exception, such as an interrupt. A panic of a Rust library
   is not passed on, although it is not derived from Exception. */
static int
passes_by(void)
{
    PyObject *type, *value, *traceback, *name;
    int passes;
    if (PyErr_ExceptionMatches(PyExc_Exception)) {
        return 0;
    }
    PyErr_Fetch(&type, &value, &traceback);
    name = PyType_GetName((PyTypeObject *)type);
    passes = name == NULL ||
             PyUnicode_CompareWithASCIIString(name, "PanicException") != 0;
    Py_XDECREF(name);
    PyErr_Restore(type, value, traceback);
    return passes;
}

/* Calls the function with all checks. `result` is the result so far, or NULL. */
static PyObject *
look_closer(const Calls *self, PyObject *arg, PyObject *result)
{
    if (result == NULL && PyErr_Occurred()) {
        /* The function raises again, maybe with another message. */
        if (passes_by()) {
            return NULL;
        }
        PyErr_Clear();
    }
    Py_XDECREF(result);
    return call_with(self->otherwise, arg);
}

/* ------------------------------------------------------------------------- Encoder */

static PyObject *
encoder_new(PyTypeObject *cls, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"checks",  "call",    "otherwise", "shortest",
                            "is_text", "is_utf8", NULL};
    state_t *state = PyType_GetModuleState(cls);
    PyObject *checks, *call, *otherwise;
    Py_ssize_t shortest;
    int is_text, is_utf8;
    if (state == NULL ||
        !PyArg_ParseTupleAndKeywords(args, kwargs, "$O!OOnpp:Encoder", names,
                                     state->checks_type, &checks, &call, &otherwise,
                                     &shortest, &is_text, &is_utf8)) {
        return NULL;
    }
    Encoder *self =
        (Encoder *)new_calls(cls, checks, call, otherwise, shortest, is_text);
    if (self != NULL) {
        self->is_utf8 = is_utf8;
    }
    return (PyObject *)self;
}

static PyObject *
as_text(PyObject *data)
{
    char *start;
    Py_ssize_t size;
    PyObject *text = NULL;
    if (data != NULL && PyBytes_AsStringAndSize(data, &start, &size) == 0) {
        text = PyUnicode_DecodeUTF8(start, size, NULL);
    }
    Py_XDECREF(data);
    return text;
}

static PyObject *
encoder_encode(PyObject *op, PyObject *const *args, Py_ssize_t count, PyObject *names)
{
    Encoder *self = (Encoder *)op;
    PyObject *payload = NULL;
    PyObject *media = only_argument(args, count, names, "media");
    if (media == NULL) {
        return NULL;
    }
    if (accepts(self->calls.checks, media)) {
        payload = call_with(self->calls.call, media);
        if (self->is_utf8) {
            payload = as_text(payload);
        }
        if (payload != NULL &&
            (self->calls.is_text ? PyUnicode_CheckExact(payload)
                           : PyBytes_CheckExact(payload) &&
                                 PyBytes_Size(payload) >= self->calls.shortest)) {
            return payload;
        }
    }
    return look_closer(&self->calls, media, payload);
}

PyDoc_STRVAR(encoder_doc, "Encodes accepted objects by one call, and others by another.");
PyDoc_STRVAR(encode_doc, "encode($self, media)\n--\n\nEncode an object.");

static PyMethodDef encoder_methods[] = {
    {"encode", (PyCFunction)(void (*)(void))encoder_encode, METH_FASTCALL | METH_KEYWORDS,
     encode_doc},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot encoder_slots[] = {
    {Py_tp_doc, (void *)encoder_doc},
    {Py_tp_new, encoder_new},
    {Py_tp_traverse, calls_traverse},
    {Py_tp_dealloc, calls_dealloc},
    {Py_tp_methods, encoder_methods},
    {0, NULL},
};

static PyType_Spec encoder_spec = {
    .name = "falcon_media_speedups.Encoder",
    .basicsize = sizeof(Encoder),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = encoder_slots,
};

/* ------------------------------------------------------------------------- Decoder */

static PyObject *
decoder_new(PyTypeObject *cls, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"checks",  "call",    "otherwise",   "shortest",
                            "longest", "is_text", "looks_ahead", "is_opaque",
                            NULL};
    state_t *state = PyType_GetModuleState(cls);
    PyObject *checks, *call, *otherwise;
    Py_ssize_t shortest, longest;
    int is_text, looks_ahead, is_opaque;
    if (state == NULL ||
        !PyArg_ParseTupleAndKeywords(args, kwargs, "$O!OOnnppp:Decoder", names,
                                     state->checks_type, &checks, &call, &otherwise,
                                     &shortest, &longest, &is_text, &looks_ahead,
                                     &is_opaque)) {
        return NULL;
    }
    Decoder *self =
        (Decoder *)new_calls(cls, checks, call, otherwise, shortest, is_text);
    if (self != NULL) {
        self->longest = longest;
        self->looks_ahead = looks_ahead;
        self->is_opaque = is_opaque;
        self->takes_any = takes_any(((Checks *)checks)->shape);
    }
    return (PyObject *)self;
}

/* Decodes a payload of which only the size has to be checked. */
static PyObject *
decoder_decode(PyObject *op, PyObject *const *args, Py_ssize_t count, PyObject *names)
{
    Decoder *self = (Decoder *)op;
    PyObject *media = NULL;
    PyObject *payload = only_argument(args, count, names, "payload");
    Py_ssize_t size;
    if (payload == NULL) {
        return NULL;
    }
    if (bytes_of(payload, self->longest, &size) != NULL && size >= self->calls.shortest) {
        media = call_with(self->calls.call, payload);
        if (media != NULL) {
            return media;
        }
    }
    return look_closer(&self->calls, payload, media);
}

/* Tells whether to pass JSON to `call`, as far as that is known before. */
static int
may_decode_json(const Decoder *self, const unsigned char *data, Py_ssize_t size)
{
    int max_depth = self->calls.checks->max_depth;
    if (self->is_opaque) {
        return is_harmless(data, size, max_depth);
    }
    return !self->looks_ahead ||
           (memchr(data, 0, (size_t)size) == NULL && is_shallow(data, size, max_depth));
}

static PyObject *
decoder_decode_json(PyObject *op, PyObject *const *args, Py_ssize_t count, PyObject *names)
{
    Decoder *self = (Decoder *)op;
    PyObject *media = NULL;
    PyObject *payload = only_argument(args, count, names, "payload");
    Py_ssize_t size;
    if (payload == NULL) {
        return NULL;
    }
    const unsigned char *data = self->calls.is_text
                                    ? utf8_of(payload, self->longest, &size)
                                    : bytes_of(payload, self->longest, &size);
    if (data != NULL && may_decode_json(self, data, size)) {
        media = call_with(self->calls.call, payload);
        if (media != NULL &&
            (self->is_opaque || has_all_entries(self->calls.checks, media, data, size))) {
            return media;
        }
    }
    return look_closer(&self->calls, payload, media);
}

static PyObject *
decode_binary(Decoder *self, PyObject *payload, const Survey *survey)
{
    PyObject *media = NULL;
    if (survey->is_whole && (survey->is_unique || !self->is_opaque)) {
        media = call_with(self->calls.call, payload);
        if (media != NULL) {
            Tally tally = tally_of(self->calls.checks);
            if ((survey->is_unique && (self->is_opaque || self->takes_any)) ||
                (fits(self->calls.checks->shape, media, 0, &tally) &&
                 tally.entries == survey->entries)) {
                return media;
            }
        }
    }
    return look_closer(&self->calls, payload, media);
}

static NOINLINE Survey
look_over_message_pack(const Decoder *self, PyObject *payload)
{
    return look_over(read_message_pack, self, payload);
}

static NOINLINE Survey
look_over_cbor(const Decoder *self, PyObject *payload)
{
    return look_over(read_cbor, self, payload);
}

static PyObject *
decoder_decode_message_pack(PyObject *op, PyObject *const *args, Py_ssize_t count,
                            PyObject *names)
{
    PyObject *payload = only_argument(args, count, names, "payload");
    if (payload == NULL) {
        return NULL;
    }
    Survey survey = look_over_message_pack((Decoder *)op, payload);
    return decode_binary((Decoder *)op, payload, &survey);
}

static PyObject *
decoder_decode_cbor(PyObject *op, PyObject *const *args, Py_ssize_t count, PyObject *names)
{
    PyObject *payload = only_argument(args, count, names, "payload");
    if (payload == NULL) {
        return NULL;
    }
    Survey survey = look_over_cbor((Decoder *)op, payload);
    return decode_binary((Decoder *)op, payload, &survey);
}

PyDoc_STRVAR(decoder_doc, "Decodes accepted payloads by one call, and others by "
                          "another.");
PyDoc_STRVAR(decode_doc, "decode($self, payload)\n--\n\nDecode bytes.");
PyDoc_STRVAR(cbor_doc, "decode_cbor($self, payload)\n--\n\nDecode CBOR.");
PyDoc_STRVAR(json_doc, "decode_json($self, payload)\n--\n\nDecode JSON.");
PyDoc_STRVAR(message_pack_doc,
             "decode_message_pack($self, payload)\n--\n\nDecode MessagePack.");

#define DECODING(function, doc)                                                           \
    (PyCFunction)(void (*)(void))function, METH_FASTCALL | METH_KEYWORDS, doc

static PyMethodDef decoder_methods[] = {
    {"decode", DECODING(decoder_decode, decode_doc)},
    {"decode_cbor", DECODING(decoder_decode_cbor, cbor_doc)},
    {"decode_json", DECODING(decoder_decode_json, json_doc)},
    {"decode_message_pack", DECODING(decoder_decode_message_pack, message_pack_doc)},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot decoder_slots[] = {
    {Py_tp_doc, (void *)decoder_doc},
    {Py_tp_new, decoder_new},
    {Py_tp_traverse, calls_traverse},
    {Py_tp_dealloc, calls_dealloc},
    {Py_tp_methods, decoder_methods},
    {0, NULL},
};

static PyType_Spec decoder_spec = {
    .name = "falcon_media_speedups.Decoder",
    .basicsize = sizeof(Decoder),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = decoder_slots,
};

/* -------------------------------------------------------------------------- Module */

static PyObject *
add_type(PyObject *module, PyType_Spec *spec)
{
    PyObject *cls = PyType_FromModuleAndSpec(module, spec, NULL);
    if (cls != NULL && PyModule_AddType(module, (PyTypeObject *)cls) < 0) {
        Py_CLEAR(cls);
    }
    return cls;
}

static int
execute(PyObject *module)
{
    state_t *state = PyModule_GetState(module);
    if ((state->shape_type = add_type(module, &shape_spec)) == NULL ||
        (state->checks_type = add_type(module, &checks_spec)) == NULL ||
        (state->encoder_type = add_type(module, &encoder_spec)) == NULL ||
        (state->decoder_type = add_type(module, &decoder_spec)) == NULL) {
        return -1;
    }
    return 0;
}

static int
module_traverse(PyObject *module, visitproc visit, void *arg)
{
    state_t *state = PyModule_GetState(module);
    Py_VISIT(state->shape_type);
    Py_VISIT(state->checks_type);
    Py_VISIT(state->encoder_type);
    Py_VISIT(state->decoder_type);
    return 0;
}

static int
module_clear(PyObject *module)
{
    state_t *state = PyModule_GetState(module);
    Py_CLEAR(state->shape_type);
    Py_CLEAR(state->checks_type);
    Py_CLEAR(state->encoder_type);
    Py_CLEAR(state->decoder_type);
    return 0;
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, execute},
    {0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "falcon_media_speedups._checks",
    .m_size = sizeof(state_t),
    .m_slots = slots,
    .m_traverse = module_traverse,
    .m_clear = module_clear,
};

PyMODINIT_FUNC
PyInit__checks(void)
{
    return PyModuleDef_Init(&definition);
}
