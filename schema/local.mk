# schema: the configuration store, its model, and the only way to change it.
noinst_LIBRARIES += libschema.a
libschema_a_CFLAGS = $(AM_CFLAGS) $(SQLITE_CFLAGS)
libschema_a_SOURCES = \
	schema/changes.c schema/changes.h \
	schema/changeset.c schema/changeset.h \
	schema/commit.c schema/commit.h \
	schema/dir.c schema/dir.h \
	schema/history.c schema/history.h \
	schema/image.c \
	schema/model.c schema/model.h \
	schema/model_acl.c \
	schema/model_ike.c \
	schema/model_interface.c \
	schema/model_ipsec.c \
	schema/model_system.c \
	schema/refer.c schema/refer.h \
	schema/row.c schema/row.h \
	schema/seal.c schema/seal.h \
	schema/store.c schema/store.h \
	schema/store_db.h \
	schema/store_sql.h \
	schema/type.c schema/type.h \
	schema/type_addr.c \
	schema/type_addr6.c \
	schema/type_interface.c schema/type_interface.h \
	schema/type_key.c \
	schema/type_port.c \
	schema/type_sa.c
nodist_libschema_a_SOURCES = schema/store_sql.c

SCHEMA_LIBS = libschema.a $(SQLITE_LIBS)

# The SQL texts become C strings: NNN_*.sql makes the tables of the model or brings them to version NNN;
# NNN_live.sql, where there is one, does that to those that only the live store has.
SCHEMA_BASE_SQL = schema/001_base.sql schema/002_datapath.sql schema/003_ike.sql
SCHEMA_LIVE_SQL = schema/001_live.sql
EXTRA_DIST += $(SCHEMA_BASE_SQL) $(SCHEMA_LIVE_SQL)
CLEANFILES += schema/store_sql.c

schema/store_sql.c: $(SCHEMA_BASE_SQL) $(SCHEMA_LIVE_SQL) schema/local.mk
	$(AM_V_GEN)$(MKDIR_P) schema && { \
	echo '#include "config.h"'; echo '#include "schema/store_sql.h"'; \
	for kind in base live; do \
		echo "const char *const store_sql_$$kind[] = {"; \
		for f in $(SCHEMA_BASE_SQL); do \
			test $$kind = base || f=`echo $$f | $(SED) 's/_.*/_live.sql/'`; \
			echo '	""'; \
			test ! -f $(srcdir)/$$f || \
				$(SED) -e '/^--/d' -e 's/\\/\\\\/g' -e 's/"/\\"/g' \
				-e 's/^/	"/' -e 's/$$/\\n"/' $(srcdir)/$$f; \
			echo '	,'; \
		done; \
		echo '};'; \
	done; \
	echo 'const unsigned int store_sql_n ='; \
	echo '	sizeof store_sql_base / sizeof store_sql_base[0];'; \
	} > $@.tmp && mv $@.tmp $@
