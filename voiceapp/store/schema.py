"""The database's layout as numbered steps. Append; never change a step that was released.

Later features add tables that refer to ``messages``, ``takes`` or ``conversations`` by id (usage, images, verdicts,
embeddings): ids are never reused (AUTOINCREMENT), so nothing kept elsewhere can come to mean something new.

Order is by id and by ``activity``, a counter, because clocks go backwards; times are shown, never compared.
"""

from __future__ import annotations

SEARCH_TABLE = (
    "CREATE VIRTUAL TABLE search USING fts5 (words, tokenize = 'unicode61 remove_diacritics 0', prefix = '2 3')"
)

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (  # 1: conversations, takes, messages, notes, search
        """CREATE TABLE conversations (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            title TEXT NOT NULL,
            created_at REAL NOT NULL,
            updated_at REAL NOT NULL,
            activity INTEGER NOT NULL
        ) STRICT""",
        "CREATE INDEX conversations_by_activity ON conversations (activity)",
        # envelope: one byte per value; owner: the process that records, see store.instance.Owner
        """CREATE TABLE takes (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            file TEXT NOT NULL UNIQUE,
            state TEXT NOT NULL,
            owner TEXT NOT NULL,
            started_at REAL NOT NULL,
            duration_s REAL NOT NULL DEFAULT 0,
            rate_hz INTEGER NOT NULL DEFAULT 0,
            peak_db REAL NOT NULL DEFAULT -120,
            envelope BLOB NOT NULL DEFAULT x'',
            text TEXT NOT NULL DEFAULT '',
            engine TEXT NOT NULL DEFAULT '',
            error TEXT NOT NULL DEFAULT '',
            conversation_id INTEGER REFERENCES conversations (id) ON DELETE SET NULL
        ) STRICT""",
        "CREATE INDEX takes_by_conversation ON takes (conversation_id)",
        """CREATE TABLE messages (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            conversation_id INTEGER NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
            role TEXT NOT NULL,
            text TEXT NOT NULL,
            created_at REAL NOT NULL,
            take_id INTEGER REFERENCES takes (id) ON DELETE SET NULL,
            heard_chars INTEGER,
            transcript_ms REAL,
            first_token_ms REAL,
            first_sound_ms REAL,
            engine TEXT NOT NULL DEFAULT '',
            is_complete INTEGER NOT NULL DEFAULT 1
        ) STRICT""",
        "CREATE INDEX messages_by_conversation ON messages (conversation_id, id)",
        "CREATE INDEX messages_by_take ON messages (take_id)",
        """CREATE TABLE notes (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            text TEXT NOT NULL,
            created_at REAL NOT NULL
        ) STRICT""",
        # rowid = 4 * id + kind (see store.search); words as folded by core.search_text
        SEARCH_TABLE,
    ),
    (  # the gallery, and which pictures stand with which message
        """CREATE TABLE images (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            file TEXT NOT NULL UNIQUE,
            format TEXT NOT NULL,
            width INTEGER NOT NULL,
            height INTEGER NOT NULL,
            prompt TEXT NOT NULL,
            revised_prompt TEXT NOT NULL,
            options TEXT NOT NULL,
            engine TEXT NOT NULL,
            created_at REAL NOT NULL,
            duration_s REAL NOT NULL,
            cost_usd REAL,
            verdict TEXT,
            parent_id INTEGER REFERENCES images (id) ON DELETE SET NULL,
            deleted_at REAL
        ) STRICT""",
        """CREATE TABLE message_images (
            message_id INTEGER NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
            image_id INTEGER NOT NULL REFERENCES images (id) ON DELETE CASCADE,
            UNIQUE (message_id, image_id)
        ) STRICT""",
    ),
    (  # verdicts of moderation; scores: JSON, [category, score or null, flagged, inputs] each
        """CREATE TABLE verdicts (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            checked_at REAL NOT NULL,
            kind TEXT NOT NULL,
            subject_id INTEGER,
            name TEXT NOT NULL,
            checkpoint TEXT NOT NULL,
            decision TEXT NOT NULL,
            scores TEXT NOT NULL,
            exceeded TEXT NOT NULL,
            excerpt TEXT NOT NULL,
            digest TEXT NOT NULL,
            engine TEXT NOT NULL,
            duration_ms REAL NOT NULL,
            problem TEXT NOT NULL,
            draft TEXT NOT NULL
        ) STRICT""",
    ),
    (  # the index of meaning: passages with their vectors (one byte a dimension), and which texts wait to be indexed
        # kind as in store.search: 1 = message, 2 = take
        """CREATE TABLE passages (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            kind INTEGER NOT NULL,
            source INTEGER NOT NULL,
            first INTEGER NOT NULL,
            last INTEGER NOT NULL,
            vector BLOB NOT NULL
        ) STRICT""",
        "CREATE INDEX passages_by_source ON passages (kind, source)",
        """CREATE TABLE passages_due (
            kind INTEGER NOT NULL,
            source INTEGER NOT NULL,
            PRIMARY KEY (kind, source)
        ) STRICT, WITHOUT ROWID""",
        "CREATE TABLE passages_model (model TEXT NOT NULL) STRICT",
        """CREATE TRIGGER message_added AFTER INSERT ON messages WHEN NEW.text != '' BEGIN
            INSERT OR IGNORE INTO passages_due VALUES (1, NEW.id);
        END""",
        """CREATE TRIGGER message_changed AFTER UPDATE OF text ON messages WHEN NEW.text IS NOT OLD.text BEGIN
            DELETE FROM passages WHERE kind = 1 AND source = NEW.id;
            INSERT OR IGNORE INTO passages_due VALUES (1, NEW.id);
        END""",
        """CREATE TRIGGER message_gone AFTER DELETE ON messages BEGIN
            DELETE FROM passages WHERE kind = 1 AND source = OLD.id;
            DELETE FROM passages_due WHERE kind = 1 AND source = OLD.id;
        END""",
        """CREATE TRIGGER take_added AFTER INSERT ON takes WHEN NEW.text != '' BEGIN
            INSERT OR IGNORE INTO passages_due VALUES (2, NEW.id);
        END""",
        """CREATE TRIGGER take_changed AFTER UPDATE OF text ON takes WHEN NEW.text IS NOT OLD.text BEGIN
            DELETE FROM passages WHERE kind = 2 AND source = NEW.id;
            INSERT OR IGNORE INTO passages_due VALUES (2, NEW.id);
        END""",
        """CREATE TRIGGER take_gone AFTER DELETE ON takes BEGIN
            DELETE FROM passages WHERE kind = 2 AND source = OLD.id;
            DELETE FROM passages_due WHERE kind = 2 AND source = OLD.id;
        END""",
        "INSERT INTO passages_due SELECT 1, id FROM messages WHERE text != ''",
        "INSERT INTO passages_due SELECT 2, id FROM takes WHERE text != ''",
    ),
    (  # usage, call by call; amounts: JSON by kind; no references: what was paid stays when a conversation goes
        """CREATE TABLE usage (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            at_s REAL NOT NULL,
            job TEXT NOT NULL,
            provider TEXT NOT NULL,
            model TEXT NOT NULL,
            amounts TEXT NOT NULL,
            cost_usd REAL,
            basis TEXT NOT NULL,
            turn INTEGER,
            message_id INTEGER,
            conversation_id INTEGER,
            take_id INTEGER
        ) STRICT""",
        "CREATE INDEX usage_by_time ON usage (at_s, cost_usd)",
        "CREATE INDEX usage_by_conversation ON usage (conversation_id)",
    ),
    (  # what models called on their way to a reply
        """CREATE TABLE tool_uses (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            message_id INTEGER NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
            call_id TEXT NOT NULL,
            name TEXT NOT NULL,
            arguments TEXT NOT NULL,
            result TEXT NOT NULL,
            is_error INTEGER NOT NULL,
            duration_ms REAL NOT NULL
        ) STRICT""",
        "CREATE INDEX tool_uses_by_message ON tool_uses (message_id)",
    ),
    (  # work in batches: jobs and their lines; columns as the fields of core.batch
        """CREATE TABLE batch_jobs (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            task TEXT NOT NULL,
            provider TEXT NOT NULL,
            model TEXT NOT NULL,
            token TEXT NOT NULL,
            folder TEXT NOT NULL,
            created_at REAL NOT NULL,
            state TEXT NOT NULL,
            file_id TEXT NOT NULL DEFAULT '',
            batch_id TEXT NOT NULL DEFAULT '',
            at_service INTEGER NOT NULL DEFAULT 0,
            problem TEXT NOT NULL DEFAULT '',
            usd REAL
        ) STRICT""",
        """CREATE TABLE batch_lines (
            job_id INTEGER NOT NULL REFERENCES batch_jobs (id) ON DELETE CASCADE,
            number INTEGER NOT NULL,
            source TEXT NOT NULL,
            text TEXT NOT NULL,
            state TEXT NOT NULL,
            attempts INTEGER NOT NULL,
            result TEXT NOT NULL,
            error TEXT NOT NULL,
            target TEXT NOT NULL,
            tokens_in INTEGER NOT NULL,
            tokens_out INTEGER NOT NULL,
            PRIMARY KEY (job_id, number)
        ) STRICT, WITHOUT ROWID""",
    ),
    (  # why a picture is kept from view; "" = it is shown
        "ALTER TABLE images ADD COLUMN held TEXT NOT NULL DEFAULT ''",
    ),
    (  # files that go with messages; without one: drafts. text: of a PDF, as far as it could be read
        """CREATE TABLE attachments (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            message_id INTEGER REFERENCES messages (id) ON DELETE CASCADE,
            kind TEXT NOT NULL,
            name TEXT NOT NULL,
            file TEXT NOT NULL UNIQUE,
            format TEXT NOT NULL,
            size_bytes INTEGER NOT NULL,
            width INTEGER NOT NULL,
            height INTEGER NOT NULL,
            pages INTEGER NOT NULL,
            chars INTEGER NOT NULL,
            text TEXT NOT NULL,
            created_at REAL NOT NULL
        ) STRICT""",
        "CREATE INDEX attachments_by_message ON attachments (message_id)",
    ),
    (  # a transcript's times, speakers and doubts, as JSON; "" = none were told
        "ALTER TABLE takes ADD COLUMN details TEXT NOT NULL DEFAULT ''",
    ),
    (  # what replies cite and have made; which of the service's tools are on in a conversation (stores: JSON)
        """CREATE TABLE message_sources (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            message_id INTEGER NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
            kind TEXT NOT NULL,
            title TEXT NOT NULL,
            address TEXT NOT NULL,
            file_id TEXT NOT NULL,
            container_id TEXT NOT NULL,
            path TEXT NOT NULL,
            size_bytes INTEGER NOT NULL
        ) STRICT""",
        "CREATE INDEX message_sources_by_message ON message_sources (message_id)",
        """CREATE TABLE hosted_choices (
            conversation_id INTEGER PRIMARY KEY REFERENCES conversations (id) ON DELETE CASCADE,
            web INTEGER NOT NULL,
            code INTEGER NOT NULL,
            stores TEXT NOT NULL
        ) STRICT""",
        # documents that a service searches: stores as the person sees them, and what became of each file
        """CREATE TABLE document_stores (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            provider TEXT NOT NULL,
            remote_id TEXT NOT NULL,
            name TEXT NOT NULL,
            created_at REAL NOT NULL
        ) STRICT""",
        """CREATE TABLE documents (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            store_id INTEGER NOT NULL REFERENCES document_stores (id) ON DELETE CASCADE,
            name TEXT NOT NULL,
            path TEXT NOT NULL,
            size_bytes INTEGER NOT NULL,
            state TEXT NOT NULL,
            file_id TEXT NOT NULL,
            problem TEXT NOT NULL
        ) STRICT""",
        "CREATE INDEX documents_by_store ON documents (store_id)",
        "CREATE INDEX documents_by_file ON documents (file_id)",
    ),
    (  # what moderation found in a picture, in words with the scores
        "ALTER TABLE images ADD COLUMN found TEXT NOT NULL DEFAULT ''",
    ),
)
