ALTER TABLE scene ADD UNIQUE (story, number);
ALTER TABLE character ADD UNIQUE (story, name);
