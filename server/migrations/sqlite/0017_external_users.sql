-- A provider's notice about one of its users, as the end of a consent, concerns every connection of that user.
CREATE INDEX connections_by_external_user ON connections (connector_id, external_user_id)
    WHERE external_user_id IS NOT NULL;
